import HTTPTypes
public import NIOHTTP1

/// A path that takes WebSockets. Browsers let every page open one anywhere, and leave it to the server to
/// look at `Origin` (RFC 6455, section 10.2).
public struct WebSocketRoute: Sendable {
  /// The path of the request's target, without the query; compared byte for byte.
  public let path: String
  /// The hosts under which one may be opened.
  public var hosts = HostCheck()
  /// The pages that may open one.
  public var origins = OriginCheck()
  /// Decides on a request whose handshake is well-formed and whose host and page may open one. The
  /// connection waits, nothing else does.
  public let decide: @Sendable (HTTPRequestHead) async -> WebSocketUpgradeDecision

  public init(
    path: String, decide: @escaping @Sendable (HTTPRequestHead) async -> WebSocketUpgradeDecision
  ) {
    self.path = path
    self.decide = decide
  }

  /// - Returns: the answer to a handshake under a host, or for a page, that may not open this; nil where
  ///   both may.
  func refusal(of head: HTTPRequestHead) -> Problem? {
    let host = head.headers.first(name: "host")
    if let refusal = hosts.refusal(host: host) { return refusal }
    if origins.passes(origins: head.headers["origin"], host: host) { return nil }
    return Problem(
      status: .forbidden,
      detail: "a page of another origin may not listen; "
        + "PROGRESSBUS_WEBSOCKET_ALLOWED_ORIGINS adds origins")
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
