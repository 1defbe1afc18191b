import Logging
import Synchronization

/// Lines that were logged, at whatever level.
final class CollectedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

struct CollectingLogHandler: LogHandler {
  let log: CollectedLog
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .trace

  init(log: CollectedLog) { self.log = log }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    log.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
  }
}
