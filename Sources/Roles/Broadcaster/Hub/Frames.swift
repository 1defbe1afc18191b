import EventBus
import HTTPServer
import NIOCore
import NIOWebSocket

/// Joins events into text frames, one event a line.
enum EventFrames {
  /// One frame with all of `payloads`, which must not be empty.
  ///
  /// - Parameter cursor: how far who has had it has come. Where the journal has several partitions no event says so, and
  ///   the frame's last line does.
  static func frame(
    _ payloads: some Collection<ByteBuffer>, through cursor: JournalCursor
  ) -> ByteBuffer {
    let ending = cursor.partitions == 1 ? "" : "\n" + ControlFrame.cursor(cursor)
    let length = payloads.reduce(payloads.count - 1 + ending.utf8.count) { $0 + $1.readableBytes }
    var frame = ByteBuffer()
    frame.reserveCapacity(WebSocketFrameWriter.maximumHeaderLength + length)
    WebSocketFrameWriter.writeHeader(opcode: .text, payloadLength: length, into: &frame)
    var isFirst = true
    for payload in payloads {
      if !isFirst { frame.writeInteger(UInt8(ascii: "\n")) }
      isFirst = false
      frame.writeImmutableBuffer(payload)
    }
    frame.writeString(ending)
    return frame
  }

  /// As many frames as it takes to keep each within `maximumSize`, unless a single event exceeds it.
  ///
  /// - Parameters:
  ///   - start: where the first of them begins.
  ///   - end: where the last ends.
  static func frames(
    _ messages: [LiveMessage], from start: JournalCursor, through end: JournalCursor,
    maximumSize: Int
  ) -> [ByteBuffer] {
    var frames: [ByteBuffer] = []
    var waiting: [ByteBuffer] = []
    var size = 0
    var cursor = start
    for message in messages {
      if !waiting.isEmpty, size + message.payload.readableBytes + 1 > maximumSize {
        frames.append(frame(waiting, through: cursor))
        (waiting, size) = ([], 0)
      }
      waiting.append(message.payload)
      size += message.payload.readableBytes + 1
      cursor.advance(to: message.id)
    }
    if !waiting.isEmpty { frames.append(frame(waiting, through: end)) }
    return frames
  }
}

/// Frames that tell a subscriber about its subscription.
enum ControlFrame {
  /// The first frame: the newest position; where the journal has several partitions, that of the subscriber.
  static func hello(_ newest: JournalCursor) -> ByteBuffer {
    let name = newest.partitions == 1 ? "stream_id" : "cursor"
    return WebSocketFrameWriter.text(#"{"control":"hello","\#(name)":"\#(newest)"}"#)
  }

  /// How far the subscriber has come, as a line.
  static func cursor(_ cursor: JournalCursor) -> String {
    #"{"control":"cursor","cursor":"\#(cursor)"}"#
  }

  static func gap(_ gap: Gap) -> ByteBuffer {
    let first = gap.first.map { "\"\($0)\"" } ?? "null"
    return WebSocketFrameWriter.text(
      #"{"control":"gap","after":"\#(gap.after)","first":\#(first)}"#)
  }
}
