import Events
import JSONText
import NIOCore
import NIOHTTP1

/// Writes the JSON bodies of answers.
enum AnswerBody {
  /// `{"accepted":[…],"rejected":[…]}`.
  static func write(
    accepted: [DecodedBatch.Accepted], rejected: [DecodedBatch.Rejected],
    to buffer: inout ByteBuffer
  ) {
    buffer.writeStaticString("{\"accepted\":[")
    for (place, item) in accepted.enumerated() {
      buffer.writeStaticString(place == 0 ? "{\"index\":" : ",{\"index\":")
      buffer.writeString(String(item.index))
      buffer.writeStaticString(",\"event_id\":\"")
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: EventID.textLength) {
        item.id.write(to: $0)
        return EventID.textLength
      }
      buffer.writeStaticString("\"}")
    }
    buffer.writeStaticString("],\"rejected\":[")
    for (place, item) in rejected.enumerated() {
      buffer.writeStaticString(place == 0 ? "{\"index\":" : ",{\"index\":")
      buffer.writeString(String(item.index))
      buffer.writeStaticString(",\"errors\":[")
      for (place, error) in item.errors.enumerated() {
        buffer.writeStaticString(place == 0 ? "{\"pointer\":" : ",{\"pointer\":")
        writeString(error.pointer, to: &buffer)
        buffer.writeStaticString(",\"code\":")
        writeString(error.code.rawValue, to: &buffer)
        buffer.writeStaticString(",\"message\":")
        writeString(error.message, to: &buffer)
        buffer.writeStaticString("}")
      }
      buffer.writeStaticString("]}")
    }
    buffer.writeStaticString("]}")
  }

  private static func writeString(_ text: String, to buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      JSONEscaping.forEachRun(of: UnsafeRawBufferPointer(text)) { buffer.writeBytes($0) }
    }
    buffer.writeInteger(UInt8(ascii: "\""))
  }
}
