import Logging
import NIOConcurrencyHelpers

/// Keeps what is logged from level notice on.
final class RecordedLog: Sendable {
  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.records.withLockedValue { $0.append("\(event.level) \(event.message)") }
    }
  }

  private let records = NIOLockedValueBox<[String]>([])

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  /// Level and message of each record.
  var messages: [String] { records.withLockedValue { $0 } }
}
