public import NIOHTTP1

/// A path that takes WebSockets.
public struct WebSocketRoute: Sendable {
  /// The path of the request's target, without the query; compared byte for byte.
  public let path: String
  /// Decides on a request whose handshake is well-formed. The connection waits, nothing else does.
  public let decide: @Sendable (HTTPRequestHead) async -> WebSocketUpgradeDecision

  public init(
    path: String, decide: @escaping @Sendable (HTTPRequestHead) async -> WebSocketUpgradeDecision
  ) {
    self.path = path
    self.decide = decide
  }

  func matches(_ target: String) -> Bool {
    guard target.utf8.starts(with: path.utf8) else { return false }
    return target.utf8.count == path.utf8.count
      || target.utf8[target.utf8.index(target.utf8.startIndex, offsetBy: path.utf8.count)]
        == UInt8(ascii: "?")
  }
}

/// What becomes of a request to upgrade.
public enum WebSocketUpgradeDecision: Sendable {
  /// The closure makes the session, on the connection's event loop.
  case accept(@Sendable (WebSocketConnection) -> any WebSocketSession)
  case refuse(Problem)
}
