import EventBus
import HTTPServer
import NIOCore
import NIOWebSocket

/// Joins events into text frames, one event a line.
enum EventFrames {
  /// One frame with all of `payloads`, which must not be empty.
  static func frame(_ payloads: some Collection<ByteBuffer>) -> ByteBuffer {
    let length = payloads.reduce(payloads.count - 1) { $0 + $1.readableBytes }
    var frame = ByteBuffer()
    frame.reserveCapacity(WebSocketFrameWriter.maximumHeaderLength + length)
    WebSocketFrameWriter.writeHeader(opcode: .text, payloadLength: length, into: &frame)
    var isFirst = true
    for payload in payloads {
      if !isFirst { frame.writeInteger(UInt8(ascii: "\n")) }
      isFirst = false
      frame.writeImmutableBuffer(payload)
    }
    return frame
  }

  /// As many frames as it takes to keep each within `maximumSize`, unless a single event exceeds it.
  static func frames(_ payloads: [ByteBuffer], maximumSize: Int) -> [ByteBuffer] {
    var frames: [ByteBuffer] = []
    var start = 0
    var size = 0
    for (index, payload) in payloads.enumerated() {
      if index > start, size + payload.readableBytes + 1 > maximumSize {
        frames.append(frame(payloads[start..<index]))
        (start, size) = (index, 0)
      }
      size += payload.readableBytes + 1
    }
    if start < payloads.count { frames.append(frame(payloads[start...])) }
    return frames
  }
}

/// Frames that tell a subscriber about its subscription.
enum ControlFrame {
  /// The first frame: the newest position.
  static func hello(_ newest: StreamID) -> ByteBuffer {
    WebSocketFrameWriter.text(#"{"control":"hello","stream_id":"\#(newest)"}"#)
  }

  static func gap(_ gap: Gap) -> ByteBuffer {
    let first = gap.first.map { "\"\($0)\"" } ?? "null"
    return WebSocketFrameWriter.text(
      #"{"control":"gap","after":"\#(gap.after)","first":\#(first)}"#)
  }
}
