import Foundation
import SeededRandom
import Testing

@testable import Events

@Suite struct JSONScannerTests {
  private func scan(_ text: String) throws(JSONSyntaxError) -> JSONTape {
    try scan(Array(text.utf8))
  }

  private func scan(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONTape {
    var tape = JSONTape()
    do {
      try bytes.withUnsafeBufferPointer { try tape.scan($0) }
    } catch let error as JSONSyntaxError {
      throw error
    } catch {
      preconditionFailure("\(error)")
    }
    return tape
  }

  @Test func aDocumentsTokensTellCountsNestingAndWhatToSkip() throws {
    let tape = try scan(#" {"a":[1,{"b":null}],"c":"é\n"} "#)
    #expect(
      tape.tokens.map(\.kind) == [
        .object, .key, .array, .integer, .object, .key, .null, .key, .string,
      ])
    #expect(tape.tokens[0].count == 2)
    #expect(tape.tokens[0].deepest == 3)
    #expect(tape.tokens[2].next == 7)
    #expect(tape.tokens[8].count == 2)
    #expect(tape.tokens[8].traits == .escaped)
  }

  @Test(arguments: [
    ("", JSONSyntaxError.Reason.empty), ("  ", .empty), ("{", .unexpectedEnd),
    (#"{"a""#, .unexpectedEnd), (#"{"a":1,}"#, .unexpectedByte), ("[1,]", .unexpectedByte),
    ("[1 2]", .unexpectedByte), ("{a:1}", .unexpectedByte), ("tru", .unexpectedEnd),
    ("trux", .unexpectedByte), ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte),
    ("01", .trailingBytes), ("1.", .unexpectedEnd), ("1.x", .invalidNumber),
    ("-", .unexpectedEnd),
    ("1e", .unexpectedEnd), ("+1", .unexpectedByte), (".5", .unexpectedByte),
    ("\"a\u{1}\"", .controlCharacter), (#""\x""#, .invalidEscape), (#""\u12g4""#, .invalidEscape),
    (#""\u12"#, .unexpectedEnd), ("1 2", .trailingBytes), ("{}{}", .trailingBytes),
    ("]", .unexpectedByte), ("'a'", .unexpectedByte), ("// c", .unexpectedByte),
  ])
  func aMalformedTextIsRefusedWithTheReason(text: String, reason: JSONSyntaxError.Reason) {
    let error = #expect(throws: JSONSyntaxError.self) { try scan(text) }
    #expect(error?.reason == reason, "\(text)")
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xE3, 0x81], [0xFF],
    ] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
    let error = #expect(throws: JSONSyntaxError.self) { try scan([0x22] + bytes + [0x22]) }
    #expect(error?.reason == .invalidUTF8)
  }

  @Test func loneSurrogatesAndU0000AreMarkedPairsAreNot() throws {
    #expect(try scan(#""\ud83d\ude00""#).tokens[0].traits == .escaped)
    for lone in [#""\ud83d""#, #""\ud83dx""#, #""\ude00""#, #""\ud83d\u0041""#, #""\ud83d\n""#] {
      #expect(try scan(lone).tokens[0].traits.contains(.loneSurrogate), "\(lone)")
    }
    #expect(try scan(#""a\u0000""#).tokens[0].traits.contains(.nul))
    #expect(try scan(#""\ud83d\u0000""#).tokens[0].traits.contains(.loneSurrogate))
  }

  @Test func nestingBeyondTheLimitIsRefusedUpToItIsNot() throws {
    let text = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try scan(text(128)).tokens.count == 128)
    #expect(throws: JSONSyntaxError(.tooDeep, at: 128)) { try scan(text(129)) }
    #expect(throws: JSONSyntaxError(.tooDeep, at: 128)) { try scan(text(1_000_000)) }
  }

  @Test(arguments: 0..<8) func randomTextsReadAsFoundationReadsThem(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      var bytes = Array(RandomJSON.value(depth: 4, using: &random).utf8)
      if Bool.random(using: &random) {
        // A damaged text: both must see the damage, or both must see none.
        bytes[Int.random(in: bytes.indices, using: &random)] =
          Array("{}[]\",:\\0x1e-. ".utf8).randomElement(using: &random)!
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let foundation =
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      let ours = (try? scan(bytes)) != nil
      #expect(ours == foundation || RandomJSON.foundationDiffers(text), "\(text)")
    }
  }
}
