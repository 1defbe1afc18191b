public import NIOCore

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
