import Observability
import Synchronization

/// How one sink is doing in this process, for operators.
public struct SinkStatus: Sendable, Equatable {
  public enum State: String, Sendable, Codable {
    /// No write has been tried yet.
    case untried
    /// The last write was answered.
    case up
    /// The last write found no sink; it is being tried again.
    case down
  }

  /// What made a write fail as a whole, last.
  public struct Failure: Sendable, Equatable {
    /// One line, without personal data.
    public let reason: String
    public let age: Duration
  }

  public let name: String
  public let state: State
  /// Stays when later writes succeed.
  public let lastFailure: Failure?
  /// Entries that are being written.
  public let inFlight: Int
  /// Events that were written since the process began.
  public let written: Int64
  /// Writes that were tried again since the process began.
  public let retries: Int64
  /// Events that went to the dead letters since the process began.
  public let deadLettered: Int64

  init(_ delivery: RetryingDelivery) {
    name = delivery.sink.name
    state =
      switch delivery.availability.state {
      case .unknown: .untried
      case .up: .up
      case .down: .down
      }
    lastFailure = delivery.availability.lastFailure.map { Failure(reason: $0.reason, age: $0.age) }
    inFlight = delivery.inFlight.ids.count
    let counts = delivery.metrics.counts
    written = counts.written.load(ordering: .relaxed)
    retries = counts.retries.load(ordering: .relaxed)
    deadLettered = counts.deadLettered.load(ordering: .relaxed)
  }
}

extension RetryingDelivery {
  /// What the last write told, and otherwise what the sink says of itself.
  func health() async -> HealthCheckResult {
    if case .down(let reason) = availability.state {
      return HealthCheckResult(.down, detail: reason)
    }
    let waiting = deadLetters.waitingCount
    if waiting > 0 {
      return HealthCheckResult(
        .degraded,
        detail: "the dead letters are full: \(waiting) refused events wait in the journal")
    }
    do throws(SinkError) {
      try await sink.check()
      return HealthCheckResult(.ok)
    } catch {
      return HealthCheckResult(.down, detail: error.reason)
    }
  }
}
