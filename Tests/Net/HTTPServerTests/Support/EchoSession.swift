import HTTPServer
import NIOCore
import NIOWebSocket

/// Sends every message back; `close` asks for a close with code 4001.
final class EchoSession: WebSocketSession {
  private let connection: WebSocketConnection
  private let onClose: @Sendable () -> Void

  init(_ connection: WebSocketConnection, onClose: @escaping @Sendable () -> Void = {}) {
    self.connection = connection
    self.onClose = onClose
  }

  func webSocketOpened() { connection.send(frame: WebSocketFrameWriter.text("welcome")) }

  func webSocketReceived(text: ByteBuffer) {
    let text = String(buffer: text)
    if text == "close" {
      connection.close(code: WebSocketErrorCode(codeNumber: 4001), reason: "as you wish")
    } else {
      connection.send(frame: WebSocketFrameWriter.text(text))
    }
  }

  func webSocketReceived(binary: ByteBuffer) {}
  func webSocketBecameWritable() {}
  func webSocketClosed() { onClose() }

  static let route = WebSocketRoute(path: "/ws") { _ in .accept { EchoSession($0) } }
}
