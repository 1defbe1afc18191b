import Foundation
import JSONText
import Testing

struct JSONEscapingTests {
  private func written(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONEscaping.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("", #""""#), ("plain, süß, 漢字 🙂", #""plain, süß, 漢字 🙂""#),
    (#"say "a\b""#, #""say \"a\\b\"""#), ("\"", #""\"""#), ("a\nb", #""a\nb""#),
    ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#), ("\u{0}\u{1F}", #""\u0000\u001f""#),
    ("\u{7F}", "\"\u{7F}\""),
  ])
  func onlyWhatMustBeIsEscaped(text: String, expected: String) {
    #expect(written(text) == expected)
  }

  @Test func everyTextIsReadBackAsItWas() throws {
    for value in UInt32(0)...0x3000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for text in ["\(scalar)", "before \(scalar)", "\(scalar)\"\(scalar) behind"] {
        let read = try JSONDecoder().decode(String.self, from: Data(written(text).utf8))
        #expect(read.unicodeScalars.elementsEqual(text.unicodeScalars))
      }
    }
  }

  @Test func aTextWithoutEscapesIsOneRun() {
    var runs: [Int] = []
    Array("no escapes here".utf8).withUnsafeBytes { text in
      JSONEscaping.forEachRun(of: text) { runs.append($0.count) }
    }
    #expect(runs == [15])
  }
}

struct JSONWriterTests {
  @Test func membersAndElementsAreSeparated() {
    var json = JSONWriter(capacity: 16)
    json.object { json in
      json.member("text", "a\"b")
      json.member("number", -12)
      json.member("share", 0.5)
      json.member("is", true)
      json.object("inner") { _ in }
      json.array("numbers", [1, 22]) { json, number in json.number(number) }
      json.array("texts", ["x", nil]) { json, text in json.string(text) }
      json.array("objects", [1, 2]) { json, number in
        json.object { $0.member("n", number) }
      }
      json.member("place", length: 3) { $0.copyBytes(from: "abc".utf8) }
      json.member("last", 0)
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"text":"a\"b","number":-12,"share":0.5,"is":true,"#
        + #""inner":{},"numbers":[1,22],"texts":["x",null],"objects":[{"n":1},{"n":2}],"#
        + #""place":"abc","last":0}"#)
  }

  @Test func whatIsNilOrNoFiniteNumberIsNull() {
    var json = JSONWriter()
    json.object { json in
      json.member("text", nil as String?)
      json.member("number", nil as Int?)
      json.member("is", nil as Bool?)
      json.member("infinite", Double.infinity)
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"text":null,"number":null,"is":null,"infinite":null}"#)
  }
}
