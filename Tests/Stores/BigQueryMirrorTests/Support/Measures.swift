import Foundation
import Logging
import Synchronization

/// Says after so many questions that it is enough.
final class BatchCount: Sendable {
  private let left: Atomic<Int>

  init(limit: Int) { left = Atomic(limit) }

  func isReached() -> Bool { left.subtract(1, ordering: .relaxed).oldValue <= 0 }
}

/// This process' memory.
enum Memory {
  /// Resident bytes.
  static var resident: Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(fields.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4_096
  }
}

/// A clock that a test sets.
final class TestClock: Sendable {
  private let seconds = Mutex(0.0)

  var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }

  func set(_ value: Double) { seconds.withLock { $0 = value } }
}

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
