public import NIOCore
public import NIOWebSocket

/// Encodes frames of a server (RFC 6455, section 5.2): not masked, not fragmented, so that one buffer
/// serves any number of connections.
public enum WebSocketFrameWriter {
  /// A frame's header is at most this long, in bytes.
  public static let maximumHeaderLength = 10

  /// Writes the header of a frame whose payload follows.
  public static func writeHeader(
    opcode: WebSocketOpcode, payloadLength: Int, into buffer: inout ByteBuffer
  ) {
    buffer.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
    switch payloadLength {
    case ..<126:
      buffer.writeInteger(UInt8(payloadLength))
    case ...0xFFFF:
      buffer.writeInteger(UInt8(126))
      buffer.writeInteger(UInt16(payloadLength))
    default:
      buffer.writeInteger(UInt8(127))
      buffer.writeInteger(UInt64(payloadLength))
    }
  }

  /// A text frame; `text` must be UTF-8.
  public static func text(_ text: String) -> ByteBuffer {
    frame(opcode: .text, payload: ByteBuffer(string: text))
  }

  static func frame(opcode: WebSocketOpcode, payload: ByteBuffer) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(maximumHeaderLength + payload.readableBytes)
    writeHeader(opcode: opcode, payloadLength: payload.readableBytes, into: &buffer)
    buffer.writeImmutableBuffer(payload)
    return buffer
  }

  /// A close frame. A reason that does not fit is cut between characters.
  static func close(code: WebSocketErrorCode?, reason: String) -> ByteBuffer {
    var payload = ByteBuffer()
    if let code {
      payload.writeInteger(UInt16(webSocketErrorCode: code))
      var reason = Substring(reason)
      while reason.utf8.count > 123 { reason.removeLast() }
      payload.writeSubstring(reason)
    }
    return frame(opcode: .connectionClose, payload: payload)
  }
}
