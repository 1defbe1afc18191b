public import NIOCore

/// How a connection behaves.
public struct RedisConnectionOptions: Sendable {
  /// How the connection calls itself in `CLIENT LIST`; no spaces.
  public var clientName: String
  /// For the connection to stand, and again for the log-in.
  public var connectTimeout: TimeAmount
  /// The longest silence while an answer is due. A server that is wedged is noticed by it.
  public var responseTimeout: TimeAmount
  /// How long a subscription may be silent before it is probed with `PING`.
  public var probeInterval: TimeAmount

  public init(
    clientName: String = "progressbus", connectTimeout: TimeAmount = .seconds(2),
    responseTimeout: TimeAmount = .seconds(2), probeInterval: TimeAmount = .seconds(5)
  ) {
    self.clientName = clientName
    self.connectTimeout = connectTimeout
    self.responseTimeout = responseTimeout
    self.probeInterval = probeInterval
  }
}
