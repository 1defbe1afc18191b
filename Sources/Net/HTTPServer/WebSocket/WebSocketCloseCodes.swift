public import NIOWebSocket

// Every code that this server closes a WebSocket with, and who decides on it:
//
// 1001  the server shuts down (`WebSocketConnectionHandler`)
// 1002  the client broke RFC 6455 (`WebSocketProtocolState`; a malformed control frame: `WebSocketConnectionHandler`)
// 1007  a text or a close reason that is not UTF-8 (`WebSocketProtocolState`)
// 1009  a message over `WebSocketConfiguration.maximumMessageSize` (`WebSocketProtocolState`; one
//       frame over it: `WebSocketConnectionHandler`)
// 1013  the journal cannot be read for a replay, or too many replay (the broadcaster's `Subscriber`)
// 4008  a client that is owed more than `BroadcastConfiguration.maximumOutstandingBytes` (the broadcaster's
//       `Subscriber`), or takes nothing of its replay for `BroadcastConfiguration.replayStallTimeout`
// 4401  the token of the client has ended or was revoked (the broadcaster's `Subscriber`)
//
// 1000 and others only answer a close frame of the client. RFC 6455, section 7.4.1, defines up to 1011.
extension WebSocketErrorCode {
  /// 1013: the client should come back later (IANA's WebSocket Close Code Number Registry).
  public static let tryAgainLater = WebSocketErrorCode.unknown(1013)

  /// 4008: the client does not take what it is sent as fast as it comes. Of this server's own; 4000 to
  /// 4999 are for private use.
  public static let tooSlow = WebSocketErrorCode.unknown(4008)

  /// 4401: the client has to log in again. Of this server's own, like HTTP's 401.
  public static let accessEnded = WebSocketErrorCode.unknown(4401)

  /// Whether a peer may put the code into a close frame (RFC 6455, section 7.4, and the registry that
  /// it set up, 1012 to 1014).
  static func mayBeSent(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
