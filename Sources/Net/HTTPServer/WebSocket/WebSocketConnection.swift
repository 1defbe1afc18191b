public import NIOCore
public import NIOWebSocket

/// One WebSocket as the application sees it. Use it on its event loop only.
public final class WebSocketConnection {
  public let eventLoop: any EventLoop
  private let channel: any Channel
  private weak var handler: WebSocketConnectionHandler?

  init(channel: any Channel, handler: WebSocketConnectionHandler) {
    self.eventLoop = channel.eventLoop
    self.channel = channel
    self.handler = handler
  }

  /// False once a close frame was sent or received; then frames go nowhere.
  public var isOpen: Bool { handler?.isOpen ?? false }

  /// False while more than the high water mark waits to be written.
  public var isWritable: Bool { channel.isWritable }

  /// Bytes accepted and not yet taken by the kernel. Costs more than `isWritable`.
  public var outstandingBytes: Int {
    // A closed channel has no options, and owes nothing.
    (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// Writes and flushes a frame that is encoded already, without copying it; see
  /// `WebSocketFrameWriter`.
  public func send(frame: ByteBuffer) {
    handler?.send(frame)
  }

  /// Sends a close frame behind all that was sent, and closes once the peer has answered it.
  ///
  /// - Parameters:
  ///   - reason: at most 123 bytes; what is longer is cut.
  ///   - timeout: how long to wait for the peer; nil for the configured time.
  public func close(code: WebSocketErrorCode, reason: String, timeout: TimeAmount? = nil) {
    handler?.close(code: code, reason: reason, timeout: timeout)
  }
}

/// The application's side of one WebSocket. Called on the connection's event loop only.
public protocol WebSocketSession: AnyObject {
  /// The WebSocket stands; frames may be sent.
  func webSocketOpened()
  /// A whole text message, at most `WebSocketConfiguration.maximumMessageSize` long, valid UTF-8.
  func webSocketReceived(text: ByteBuffer)
  /// A whole binary message.
  func webSocketReceived(binary: ByteBuffer)
  /// `WebSocketConnection.isWritable` has turned true.
  func webSocketBecameWritable()
  /// Called once, last.
  func webSocketClosed()
}

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
