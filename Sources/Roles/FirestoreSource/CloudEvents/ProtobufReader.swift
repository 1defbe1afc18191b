import Sessions

/// Reads the fields of one message in Protocol Buffers' wire format, one after the other
/// (https://protobuf.dev/programming-guides/encoding/).
struct ProtobufReader {
  enum Content {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// A text, bytes, or a message.
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  init(_ message: ArraySlice<UInt8>) { rest = message }

  /// The next field, known or not; nil at the message's end.
  ///
  /// - Throws: when the message is cut off, or is none.
  mutating func next() throws(SessionValueError) -> (number: UInt64, content: Content)? {
    if rest.isEmpty { return nil }
    let key = try varint()
    let number = key >> 3
    guard (1..<(1 << 29)).contains(number) else { throw SessionValueError("a field has no number") }
    switch key & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let count = try varint()
      guard count <= UInt64(rest.count) else { throw Self.cutOff }
      return (number, .bytes(take(Int(count))))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw SessionValueError("a field has a wire type that is not known")
    }
  }

  private static var cutOff: SessionValueError { SessionValueError("the message is cut off") }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func varint() throws(SessionValueError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw Self.cutOff }
      // Of the tenth byte one bit is left.
      guard shift < 63 || byte < 2 else { break }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw SessionValueError("a number is longer than 64 bits")
  }

  private mutating func fixed(_ count: Int) throws(SessionValueError) -> UInt64 {
    guard rest.count >= count else { throw Self.cutOff }
    return take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ProtobufReader.Content {
  /// - Throws: when the field is of another wire type.
  var message: ProtobufReader {
    get throws(SessionValueError) { ProtobufReader(try bytes) }
  }

  var bytes: ArraySlice<UInt8> {
    get throws(SessionValueError) {
      guard case .bytes(let bytes) = self else { throw Self.mismatch }
      return bytes
    }
  }

  var text: String {
    get throws(SessionValueError) {
      guard let text = String(validating: try bytes, as: UTF8.self) else {
        throw SessionValueError("a text is not in UTF-8")
      }
      return text
    }
  }

  var integer: Int64 {
    get throws(SessionValueError) {
      guard case .varint(let bits) = self else { throw Self.mismatch }
      return Int64(bitPattern: bits)
    }
  }

  var double: Double {
    get throws(SessionValueError) {
      guard case .fixed64(let bits) = self else { throw Self.mismatch }
      return Double(bitPattern: bits)
    }
  }

  private static var mismatch: SessionValueError {
    SessionValueError("a field is of another type than it should be")
  }
}
