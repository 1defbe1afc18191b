import Foundation
public import Logging

/// One line a record, with personal fields hidden.
///
/// A metadata value whose key is among `redactedKeys`, at any depth, is printed as `<redacted>`
/// unless the record's level is debug or trace. Messages and errors are printed as they are: put
/// what tells about a person into metadata only. Control characters are escaped, so that no value
/// can forge a line.
public struct RedactingLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let formatter: LogRecordFormatter
  private let writer: LogWriter
  private let now: @Sendable () -> Date

  public init(
    label: String, level: Logger.Level, format: LogFormat, redactedKeys: RedactedKeys,
    writer: LogWriter, metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.init(
      label: label, level: level, format: format, redactedKeys: redactedKeys, writer: writer,
      metadataProvider: metadataProvider, now: { Date() })
  }

  init(
    label: String, level: Logger.Level, format: LogFormat, redactedKeys: RedactedKeys,
    writer: LogWriter, metadataProvider: Logger.MetadataProvider?,
    now: @escaping @Sendable () -> Date
  ) {
    self.label = label
    logLevel = level
    formatter = LogRecordFormatter(format: format, redactedKeys: redactedKeys)
    self.writer = writer
    self.metadataProvider = metadataProvider
    self.now = now
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
    if let given = event.metadata { merged.merge(given) { _, new in new } }
    writer.append(
      formatter.line(
        label: label, level: event.level, message: event.message.description, error: event.error,
        metadata: merged, time: now()))
    // What follows is often the end of the process.
    if event.level == .critical { writer.flush() }
  }
}

/// The metadata keys that name personal fields.
///
/// `student_id`, `studentId` and `student-id` are the same key.
public struct RedactedKeys: Sendable {
  private let normalized: Set<String>

  public init(_ keys: some Sequence<String>) {
    normalized = Set(keys.map(Self.normalize))
  }

  public func contains(_ key: String) -> Bool {
    normalized.contains(Self.normalize(key))
  }

  private static func normalize(_ key: String) -> String {
    String(key.lowercased().filter { $0 != "_" && $0 != "-" })
  }
}
