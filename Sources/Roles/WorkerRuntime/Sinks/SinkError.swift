/// Why a sink did not store a batch.
public enum SinkError: Error, Sendable, Equatable {
  /// The sink is down, busy or unreachable: nothing is wrong with the events.
  case unavailable(String, retryAfter: Duration? = nil)
  /// Some event of the batch is refused for good; nothing was stored.
  case refused(String)
}

extension SinkError {
  /// In one line.
  public var reason: String {
    switch self {
    case .unavailable(let reason, _), .refused(let reason): reason
    }
  }
}
