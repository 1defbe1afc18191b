import Events
import Testing

@testable import Ingest

/// What is found in other programs' JSON, and what ids are made of.
@Suite struct SentValueTests {
  private func with<Result>(_ text: String, _ body: (SentValue) throws -> Result) throws -> Result {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { buffer in
      var tape = JSONTape()
      try tape.scan(buffer)
      return try body(SentValue(UnsafeRawBufferPointer(buffer), tape))
    }
  }

  @Test func membersAreFoundByNameTheLastOfEqualOnesAndNoNull() throws {
    try with(#"{"a":1,"a":{"b.c":[true,null,"x"]},"\u0064":"\u0065","n":null,"":0}"#) { value in
      #expect(value[at: "/a/b.c/0"]?.boolean == true)
      #expect(value[at: "/a/b.c/2"]?.text == "x")
      #expect(value[at: "/a/b.c/3"]?.text == nil)
      #expect(value[at: "/a/b.c/-1"]?.text == nil)
      #expect(value["d"]?.text == "e")
      #expect(value["n"] == nil)
      #expect(value[""]?.integer == 0)
      #expect(value[at: "/d/e"] == nil)
      #expect(value["a"]?["b.c"].map { Array($0.elements).count } == 3)
      #expect(value["d"].map { String(decoding: $0.source, as: UTF8.self) } == #""\u0065""#)
    }
  }

  @Test func aValueOfAnotherKindIsNone() throws {
    try with(#"["\ud800","7",1.0,1.5,1e400,{},"2026-11-27T08:28:51Z"]"#) { value in
      let values = Array(value.elements)
      #expect(values.map(\.text) == [nil, "7", nil, nil, nil, nil, "2026-11-27T08:28:51Z"])
      #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil, nil])
      #expect(values.map(\.boolean) == Array(repeating: nil, count: 7))
      #expect(values.map { $0.moment != nil } == [false, false, false, false, false, false, true])
      #expect(value["x"] == nil)
    }
  }
}
