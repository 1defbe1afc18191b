import Sessions
import Testing

@testable import FirestoreSource

/// Messages as Google's library writes them are in `CloudEventRouteTests`; these are the others.
struct ProtobufReaderTests {
  /// `value {name, fields {n: 1}}`.
  private static let whole: [UInt8] = {
    let entry: [UInt8] = [0x0a, 1, 0x6e, 0x12, 2, 0x10, 1]
    let document: [UInt8] = [0x0a, 1, 0x78, 0x12, UInt8(entry.count)] + entry
    return [0x0a, UInt8(document.count)] + document
  }()

  @Test func aMessageIsReadByTheNumbersOfItsFields() throws {
    // Fields that are not known, of each wire type, before and behind.
    var unknown: [UInt8] = [0x78, 0x80, 0x01, 0x79]
    unknown += [UInt8](repeating: 1, count: 8)
    unknown += [0x7a, 2, 1, 2, 0x7d, 1, 2, 3, 4]
    let change = try DocumentChange(protobuf: unknown + Self.whole + unknown)
    #expect(
      change
        == DocumentChange(
          after: SessionDocument(name: "x", fields: ["n": .integer(1)], createTime: "")))
  }

  @Test func whatIsCutOffIsRefused() {
    for length in 1..<Self.whole.count {
      #expect(throws: SessionValueError.self, "\(length)") {
        try DocumentChange(protobuf: Array(Self.whole.prefix(length)))
      }
    }
  }

  @Test(
    arguments: [
      // A number of 65 bits, one that does not end, and a length beyond 64 bits.
      [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
      [UInt8](repeating: 0xff, count: 30),
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1],
      // Groups, wire types that there are not, field 0, a document that is a number.
      [0x0b, 0x0c], [0x0e], [0x0f], [0x02, 0], [0x08, 1],
      // A name that is not in UTF-8, and none at all.
      [0x0a, 3, 0x0a, 1, 0xff], [0x0a, 0],
      // A value without a type, and a moment in the year 10000.
      [0x0a, 8, 0x0a, 1, 0x78, 0x12, 3, 0x12, 1, 0],
      [0x0a, 12, 0x0a, 1, 0x78, 0x1a, 7, 0x08, 0x80, 0xdc, 0xc8, 0x82, 0xeb, 0x07],
    ] as [[UInt8]])
  func whatIsNoMessageIsRefused(bytes: [UInt8]) {
    #expect(throws: SessionValueError.self) { try DocumentChange(protobuf: bytes) }
  }

  @Test func nestingIsRefusedWhereFirestoreWouldRefuseIt() throws {
    #expect(try DocumentChange(protobuf: Self.nested(20)).after != nil)
    for depth in [22, 5_000] {
      #expect(throws: SessionValueError.self, "\(depth)") {
        try DocumentChange(protobuf: Self.nested(depth))
      }
    }
  }

  /// A document with maps and lists in turn inside one another.
  private static func nested(_ depth: Int) -> [UInt8] {
    var value: [UInt8] = [0x10, 1]
    for level in 1..<depth {
      value =
        level.isMultiple(of: 2)
        ? message(9, message(1, value))
        : message(6, message(1, message(1, [0x6e]) + message(2, value)))
    }
    return message(1, message(1, [0x78]) + message(2, message(1, [0x6e]) + message(2, value)))
  }

  private static func message(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = content.count
    repeat {
      length.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return [number << 3 | 2] + length + content
  }
}
