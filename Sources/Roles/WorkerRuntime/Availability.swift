import Logging
import Metrics
import NIOConcurrencyHelpers

/// Whether a neighbour answers. Logs the change, not every failure.
///
/// Where several operations are asked of it, it is down until each that failed has succeeded: a Redis
/// without memory reads and refuses in turn.
final class Availability: Sendable {
  enum State: Sendable, Equatable {
    case unknown
    case up
    case down(reason: String)
  }

  private struct Record {
    var state = State.unknown
    var downSince = Duration.zero
    var lastFailure: (reason: String, at: Duration)?
    var failing: Set<String> = []
  }

  private let record = NIOLockedValueBox(Record())
  private let subject: String
  private let logger: Logger
  private let gauge: Meter?
  private let elapsed: @Sendable () -> Duration

  init(
    subject: String, logger: Logger, gauge: Meter? = nil,
    elapsed: @escaping @Sendable () -> Duration
  ) {
    self.subject = subject
    self.logger = logger
    self.gauge = gauge
    self.elapsed = elapsed
    // A sink that was not tried yet is not down: a worker without events would raise the alarm.
    gauge?.set(1)
  }

  var state: State { record.withLockedValue { $0.state } }

  /// Why it was unavailable last, and how long ago that was; nil when it never was.
  var lastFailure: (reason: String, age: Duration)? {
    record.withLockedValue(\.lastFailure).map { ($0.reason, elapsed() - $0.at) }
  }

  func markUp(_ operation: String = "") {
    let outage = record.withLockedValue { record -> Duration? in
      if record.state == .up { return nil }
      record.failing.remove(operation)
      guard record.failing.isEmpty else { return nil }
      let wasDown = record.state != .unknown
      record.state = .up
      gauge?.set(1)
      return wasDown ? elapsed() - record.downSince : nil
    }
    if let outage {
      logger.notice("\(subject) is back", metadata: ["outage": "\(outage)"])
    }
  }

  func markDown(_ reason: String, during operation: String = "") {
    let isNew = record.withLockedValue { record -> Bool in
      let wasDown = if case .down = record.state { true } else { false }
      if !wasDown { record.downSince = elapsed() }
      record.failing.insert(operation)
      record.state = .down(reason: reason)
      record.lastFailure = (reason, elapsed())
      gauge?.set(0)
      return !wasDown
    }
    if isNew {
      logger.warning(
        "\(subject) is unavailable, trying until it is back", metadata: ["reason": "\(reason)"])
    }
  }
}
