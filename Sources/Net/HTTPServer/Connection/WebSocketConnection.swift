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
