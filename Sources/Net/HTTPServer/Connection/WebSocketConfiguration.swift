public import NIOCore

/// Limits and timeouts of a WebSocket.
public struct WebSocketConfiguration: Sendable {
  /// A ping goes out when nothing was heard for this long.
  public var pingInterval: TimeAmount = .seconds(20)
  /// The connection is cut when so many pings in a row went unanswered.
  public var maximumMissedPings = 2
  /// The longest message that a client may send, in bytes; then close code 1009.
  public var maximumMessageSize = 64 * 1024
  /// How long the peer may take to answer a close frame; then the connection is cut.
  public var closeTimeout: TimeAmount = .seconds(3)
  /// `WebSocketConnection.isWritable` turns false above the high mark and true below the low one.
  public var writeBufferWaterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 64 * 1024, high: 256 * 1024)
  /// The kernel's send buffer, in bytes. Bounded so that a peer that stops reading is noticed before
  /// the kernel has taken megabytes for it.
  public var socketSendBufferSize = 256 * 1024

  public init() {}
}
