import EventBus
import HTTPServer
import NIOCore

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
