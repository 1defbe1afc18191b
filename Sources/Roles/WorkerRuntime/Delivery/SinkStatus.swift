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

  init(_ delivery: SinkDelivery) {
    name = delivery.sink.name
    state =
      switch delivery.availability.state {
      case .unknown: .untried
      case .up: .up
      case .down: .down
      }
    lastFailure = delivery.availability.lastFailure.map { Failure(reason: $0.reason, age: $0.age) }
    inFlight = delivery.inFlight.ids.count
  }
}
