public import Events
public import NIOCore

/// Writes JSON straight into a buffer, nulls included. A class of 1,000 learners takes a few
/// milliseconds less than with `JSONEncoder`, which also leaves out what is nil.
public struct JSONWriter {
  public private(set) var buffer: ByteBuffer
  private var needsComma = false

  /// - Parameter capacity: Room to begin with, in bytes; it grows.
  public init(capacity: Int = 4096) {
    buffer = ByteBufferAllocator().buffer(capacity: capacity)
  }

  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    nested("{", "}", body)
  }

  public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    key(name)
    nested("{", "}", body)
  }

  public mutating func array<Element>(
    _ name: StaticString, _ elements: some Sequence<Element>,
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    key(name)
    nested("[", "]") { json in
      for element in elements { body(&json, element) }
    }
  }

  public mutating func member(_ name: StaticString, _ value: String?) {
    key(name)
    string(value)
  }

  public mutating func member(_ name: StaticString, _ value: Int?) {
    key(name)
    if let value { number(value) } else { raw("null") }
  }

  /// Null when the value is no finite number, which JSON cannot hold.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    key(name)
    raw(value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null")
  }

  public mutating func member(_ name: StaticString, _ value: Bool?) {
    key(name)
    raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  public mutating func member(_ name: StaticString, _ value: Timestamp?) {
    key(name)
    if let value { raw("\"\(value)\"") } else { raw("null") }
  }

  mutating func member(_ name: StaticString, _ letters: [CellLetter]) {
    key(name)
    comma()
    buffer.writeStaticString("\"")
    for letter in letters { buffer.writeInteger(letter.rawValue) }
    buffer.writeStaticString("\"")
    needsComma = true
  }

  /// An integer as an element of an array.
  mutating func number(_ value: Int) {
    comma()
    if (0..<10).contains(value) {
      buffer.writeInteger(UInt8(ascii: "0") + UInt8(value))
    } else {
      buffer.writeString(String(value))
    }
    needsComma = true
  }

  /// A string as an element of an array.
  public mutating func string(_ value: String?) {
    guard let value else { return raw("null") }
    comma()
    buffer.writeInteger(UInt8(ascii: "\""))
    if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
      for byte in value.utf8 { escape(byte) }
    } else {
      buffer.writeString(value)
    }
    buffer.writeInteger(UInt8(ascii: "\""))
    needsComma = true
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: buffer.writeStaticString(#"\""#)
    case 0x5C: buffer.writeStaticString(#"\\"#)
    case 0x0A: buffer.writeStaticString(#"\n"#)
    case 0..<0x20:
      buffer.writeString(#"\u00"# + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
    default: buffer.writeInteger(byte)
    }
  }

  private mutating func key(_ name: StaticString) {
    comma()
    buffer.writeInteger(UInt8(ascii: "\""))
    buffer.writeStaticString(name)
    buffer.writeStaticString("\":")
    needsComma = false
  }

  private mutating func raw(_ text: String) {
    comma()
    buffer.writeString(text)
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
  }

  private mutating func nested(
    _ opening: StaticString, _ closing: StaticString, _ body: (inout JSONWriter) -> Void
  ) {
    comma()
    buffer.writeStaticString(opening)
    needsComma = false
    body(&self)
    buffer.writeStaticString(closing)
    needsComma = true
  }
}
