import NIOConcurrencyHelpers
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
  /// Events that were older than the sink keeps them, since the process began.
  public let expired: Int64
  /// A limit of the sink that has refused events lately, and what lifts it.
  public let limit: String?

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
    expired = counts.expired.load(ordering: .relaxed)
    limit = delivery.reachedLimit.reason
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
      return HealthCheckResult(
        reachedLimit.reason == nil ? .ok : .degraded, detail: reachedLimit.reason)
    } catch {
      return HealthCheckResult(.down, detail: error.reason)
    }
  }
}

/// The last limit of a sink that refused events.
final class ReachedLimit: Sendable {
  /// How long it is shown after the last refusal.
  private static let lifetime = Duration.seconds(300)

  private let last = NIOLockedValueBox<(reason: String, at: ContinuousClock.Instant)?>(nil)

  /// Nil when none has for five minutes.
  var reason: String? {
    last.withLockedValue { last in
      last.flatMap { ContinuousClock.now - $0.at < Self.lifetime ? $0.reason : nil }
    }
  }

  func note(_ reason: String) { last.withLockedValue { $0 = (reason, .now) } }
}
