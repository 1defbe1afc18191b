import Foundation
import SeededRandom
import Testing

@testable import Events

@Suite struct EventNormalizerTests {
  private static let receivedAt = Timestamp(rfc3339: "2026-11-21T10:00:00.000001Z".utf8)!

  private func normalize(
    _ text: String, keepsWork: Bool = false, catalog: EventCatalog = .standard
  ) throws -> String {
    var tape = JSONTape()
    var normalizer = EventNormalizer(catalog: catalog, keepsWork: keepsWork)
    return try Array(text.utf8).withUnsafeBufferPointer { bytes in
      try tape.scan(bytes)
      return try withUnsafeTemporaryAllocation(
        byteCount: CanonicalForm.bound(of: bytes.count), alignment: 1
      ) { memory in
        let event = try normalizer.normalize(
          bytes, tape: tape, at: 0, receivedAt: Self.receivedAt, into: memory)
        return String(decoding: memory.prefix(event.length), as: UTF8.self)
      }
    }
  }

  private func errors(_ text: String, catalog: EventCatalog = .standard) throws -> [FieldError] {
    do {
      _ = try normalize(text, catalog: catalog)
      return []
    } catch let rejection as EventRejection {
      return rejection.errors
    }
  }

  private func event(_ members: String) -> String {
    #"{"event_type":"cell_executed","student_id":"s-1","notebook_path":"a.ipynb"\#(members)}"#
  }

  @Test func theEnvelopeIsCompletedAndTheDeclaredOrderKept() throws {
    let text = try normalize(
      #"{ "has_error" : false, "notebook_path":"w/1.ipynb", "student_id":"s-1","event_id":"0192F5A1-7B3C-7DEF-8123-456789ABCDEF", "event_type":"cell_executed","duration_ms":1.50 }"#
    )
    #expect(
      text
        == #"{"event_id":"0192f5a1-7b3c-7def-8123-456789abcdef","event_type":"cell_executed","occurred_at":"2026-11-21T10:00:00.000001Z","received_at":"2026-11-21T10:00:00.000001Z","course_id":"default","student_id":"s-1","notebook_path":"w/1.ipynb","has_error":false,"duration_ms":1.50}"#
    )
  }

  @Test func aCanonicalEventStaysAsItIsButForReceivedAt() throws {
    let once = try normalize(
      event(#","occurred_at":"2026-11-21T19:00:00.5+09:00","attributes":{"a": 1, "b":"x y"}"#))
    #expect(try normalize(once) == once)
    #expect(once.contains(#""occurred_at":"2026-11-21T10:00:00.500000Z""#))
    #expect(once.contains(#""attributes":{"a":1,"b":"x y"}"#))
  }

  /// macOS names files in the decomposed form; a notebook must not be two for that.
  @Test func namesAreKeptInNormalFormC() throws {
    let decomposed = try normalize(
      #"{"event_type":"cell_executed","course_id":"cafe\u0301","student_id":"か\#u{3099}\#u{E9}","notebook_path":"e\#u{301}/\"1\".ipynb","student_name":"A\#u{30A}","team":"\#u{1100}\#u{1161}","error_message":"e\#u{301}"}"#
    )
    for part in [
      "\"course_id\":\"caf\u{E9}\"", "\"student_id\":\"\u{304C}\u{E9}\"",
      "\"notebook_path\":\"\u{E9}/\\\"1\\\".ipynb\"", "\"student_name\":\"\u{C5}\"",
      "\"team\":\"\u{AC00}\"",
    ] {
      #expect(Data(decomposed.utf8).range(of: Data(part.utf8)) != nil, "\(part) in \(decomposed)")
    }
    // What a program said stays as it was said.
    #expect(Data(decomposed.utf8).range(of: Data("\"error_message\":\"e\u{301}\"".utf8)) != nil)
    #expect(try normalize(decomposed).utf8.elementsEqual(decomposed.utf8))
  }

  @Test func limitsCountTheFormThatIsKept() throws {
    func path(_ text: String) -> String {
      #"{"event_type":"help","student_id":"s","notebook_path":"\#(text)"}"#
    }
    let many = { (text: String, count: Int) in String(repeating: text, count: count) }
    #expect(try errors(path(many("e\u{301}", 512))).isEmpty)
    #expect(try errors(path(many("e\u{301}", 513))).map(\.code) == [.tooLong])
    #expect(try errors(path(many("\u{958}", 170))).isEmpty)
    #expect(try errors(path(many("\u{958}", 171))).map(\.code) == [.tooLong])
    #expect(try errors(path(many("e\u{301}", 15_000))).map(\.code) == [.tooLong])
    // It would take thrice the bytes, and stays.
    let signs = many("\u{1D160}", 85)
    #expect(Data(try normalize(path(signs)).utf8).range(of: Data(signs.utf8)) != nil)
    #expect(try errors(path(many("\\b", 300) + many("\u{1D160}", 50))).isEmpty)
  }

  @Test func theNamesOfTheCellMonitorExtensionAreTaken() throws {
    let text = try normalize(
      #"{"eventId":"0192f5a1-7b3c-7def-8123-456789abcdef","eventType":"cell_executed","eventTime":"2026-11-21T09:00:00.000Z","emailAddress":"a@example.org","userName":"A","teamName":"チームA","sessionId":"s","notebookPath":"n.ipynb","cellId":"c","cellIndex":0,"cellType":"code","code":"x","executionCount":3,"hasError":true,"errorMessage":"boom","result":"r","executionDurationMs":0.4}"#
    )
    for part in [
      #""student_id":"a@example.org""#, #""student_name":"A""#, #""team":"チームA""#,
      #""cell_index":0"#, #""execution_count":3"#, #""has_error":true"#, #""duration_ms":0.4"#,
      #""occurred_at":"2026-11-21T09:00:00.000000Z""#,
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("\"code\":"))
    #expect(!text.contains("\"result\":"))
  }

  @Test func learnersWorkIsKeptOnlyWhenToldTo() throws {
    #expect(try !normalize(event(#","code":"x=1""#)).contains("x=1"))
    #expect(try normalize(event(#","code":"x=1""#), keepsWork: true).contains(#""code":"x=1""#))
  }

  @Test func undeclaredMembersAreDroppedNullIsAbsentAndTheLastOfEqualNamesCounts() throws {
    let text = try normalize(
      event(#","foo":{"a":[1]},"stream_id":"1-1","team":null,"cell_id":"a","cell_id":"b""#))
    #expect(!text.contains("foo") && !text.contains("stream_id") && !text.contains("team"))
    #expect(text.contains(#""cell_id":"b""#) && !text.contains(#""cell_id":"a""#))
  }

  @Test func escapedNamesAreReadAndNoLineBreakIsWritten() throws {
    let text = try normalize(
      "{\"event_type\":\"help\",\n\"student\\u005fid\":\"s\\n\\ud83d\\ude00\",\"notebook_path\":\"n\"}"
    )
    #expect(text.contains(#""student_id":"s\n\ud83d\ude00""#))
    #expect(!text.contains("\n"))
  }

  @Test(arguments: [
    ("[]", "", FieldError.Code.type), ("1", "", .type), ("{}", "/event_type", .required),
    (#"{"event_type":1}"#, "/event_type", .type),
    (#"{"event_type":"nope"}"#, "/event_type", .unknownEventType),
    (#"{"event_type":"help","notebook_path":"n"}"#, "/student_id", .required),
    (#"{"event_type":"help","notebook_path":"n","student_id":null}"#, "/student_id", .required),
    (#"{"event_type":"help","notebook_path":"n","student_id":""}"#, "/student_id", .tooShort),
    (#"{"event_type":"help","notebook_path":"n","student_id":7}"#, "/student_id", .type),
    (#"{"event_type":"help","notebook_path":"","student_id":"s"}"#, "/notebook_path", .tooShort),
  ])
  func aFaultIsNamedWithItsField(text: String, pointer: String, code: FieldError.Code) throws {
    let errors = try errors(text)
    #expect(errors.map(\.pointer) == [pointer])
    #expect(errors.map(\.code) == [code])
  }

  @Test(arguments: [
    (#","event_id":"x""#, "/event_id", FieldError.Code.format),
    (#","event_id":5"#, "/event_id", .format),
    (#","occurred_at":"yesterday""#, "/occurred_at", .format),
    (#","occurred_at":1763715600"#, "/occurred_at", .format),
    (#","occurred_at":"2026-11-22T10:00:00.000002Z""#, "/occurred_at", .inFuture),
    (#","occurred_at":"9999-12-31T23:59:59-14:00""#, "/occurred_at", .inFuture),
    (#","occurred_at":"0001-01-01T00:00:00+14:00""#, "/occurred_at", .outOfRange),
    (#","occurred_at":"0000-01-01T00:00:00+14:00""#, "/occurred_at", .outOfRange),
    (#","occurred_at":"1677-09-21T00:12:43.145224Z""#, "/occurred_at", .outOfRange),
    (#","course_id":"""#, "/course_id", .tooShort),
    (#","cell_type":"latex""#, "/cell_type", .unknownValue),
    (#","cell_type":1"#, "/cell_type", .type),
    (#","cell_index":1.5"#, "/cell_index", .type),
    (#","cell_index":-1"#, "/cell_index", .outOfRange),
    (#","cell_index":99999999999999999999"#, "/cell_index", .type),
    (#","execution_count":2147483648"#, "/execution_count", .outOfRange),
    (#","execution_count":"3""#, "/execution_count", .type),
    (#","has_error":"false""#, "/has_error", .type), (#","has_error":0"#, "/has_error", .type),
    (#","duration_ms":1e999"#, "/duration_ms", .outOfRange),
    (#","duration_ms":-0.1"#, "/duration_ms", .outOfRange),
    (#","duration_ms":"1""#, "/duration_ms", .type),
    (#","attributes":[]"#, "/attributes", .type),
    (#","attributes":{"a":[1]}"#, "/attributes", .type),
    (#","attributes":{"a/b":"\u0000"}"#, "/attributes/a~1b", .nulCharacter),
    (#","attributes":{"a":1e400}"#, "/attributes/a", .outOfRange),
    (#","team":"\u0000""#, "/team", .nulCharacter),
    (#","team":"\ud800""#, "/team", .loneSurrogate),
    (#","x":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}"#, "", .tooDeep),
  ])
  func eachTypeAndLimitIsChecked(members: String, pointer: String, code: FieldError.Code) throws {
    let errors = try errors(event(members))
    #expect(errors.map(\.pointer) == [pointer])
    #expect(errors.map(\.code) == [code])
  }

  @Test func theFirstMomentThatEverySinkCanHoldIsAccepted() throws {
    let first = "1677-09-21T00:12:43.145225Z"
    #expect(try normalize(event(#","occurred_at":"\#(first)""#)).contains(first))
  }

  @Test(arguments: [
    ("startTime", "0001-01-01T00:00:00+00:01"), ("endTime", "9999-12-31T23:59:59-00:01"),
    ("createdAt", "0000-06-01T00:00:00Z"), ("endTime", "0000-01-01T00:00:00+14:00"),
  ])
  func aMomentInsideADocumentMustHaveAYearThatDatabasesKnow(name: String, moment: String) throws {
    let session = { (moments: [String: String]) in
      let members = moments.map { #","\#($0)":"\#($1)""# }.joined()
      return
        #"{"event_type":"training_session_completed","session":{"userId":"u","sessionId":"s","exerciseType":"e","status":"done"\#(members)}}"#
    }
    let good = ["startTime": "0001-01-01T00:00:00Z", "endTime": "9999-12-31T23:59:59.999999Z"]
    #expect(try errors(session(good)).isEmpty)
    let errors = try errors(session(good.merging([name: moment]) { $1 }))
    #expect(errors.map(\.pointer) == ["/session/\(name)"])
    #expect(errors.map(\.code) == [.outOfRange])
    #expect(errors.first?.message.contains("0001-01-01T00:00:00.000000Z") == true)
  }

  @Test func lengthsCountCharactersNotBytesAndEscapesAsOne() throws {
    let path = { (text: String) in
      #"{"event_type":"help","student_id":"s","notebook_path":"n","team":"\#(text)"}"#
    }
    for piece in ["あ", #"\u3042"#, "😀", #"\ud83d\ude00"#] {
      #expect(try errors(path(String(repeating: piece, count: 128))).isEmpty)
      #expect(try errors(path(String(repeating: piece, count: 129))).map(\.code) == [.tooLong])
    }
    let large = event(#","foo":"\#(String(repeating: "x", count: 65_536))""#)
    #expect(try errors(large).map(\.code) == [.tooLarge])
  }

  @Test(arguments: [
    ("n", 1), ("é", 2), (#"\u00e9"#, 2), ("課", 3), (#"\u8ab2"#, 3), ("😀", 4), (#"\ud83d\ude00"#, 4),
    (#"\n"#, 1), (#"\u006e"#, 1),
  ])
  func aKeyOfPostgreSQLHasALimitInBytesToo(character: String, bytes: Int) throws {
    let path = { (count: Int) in
      let text = String(repeating: character, count: count)
      return #"{"event_type":"help","student_id":"s","notebook_path":"\#(text)"}"#
    }
    #expect(try errors(path(1024 / bytes)).isEmpty)
    let errors = try errors(path(1024 / bytes + 1))
    #expect(errors.map(\.pointer) == ["/notebook_path"])
    #expect(errors.map(\.code) == [.tooLong])
    #expect(
      errors.map(\.message)
        == ["must not be over 1024 \(bytes == 1 ? "characters" : "bytes in UTF-8")"])
  }

  @Test func severalFaultsAreToldTogetherWithoutTheValues() throws {
    let errors = try errors(
      #"{"event_type":"help","student_id":"secret-\u0000","cell_index":"secret","has_error":"secret"}"#
    )
    #expect(
      errors.map(\.pointer) == ["/student_id", "/notebook_path", "/cell_index", "/has_error"])
    #expect(!errors.contains { $0.message.contains("secret") })
  }

  @Test func numbersThatDatabasesCannotTakeAreShortenedOthersStayAsTheyWere() throws {
    let digits = String(repeating: "1", count: 5000)
    let text = try normalize(
      event(
        #","cell_index":3.0,"attributes":{"a":0.\#(digits),"b":1e-99999,"c":12345678901234567890,"d":-1.25e3}"#
      ))
    #expect(text.contains(#""cell_index":3"#))
    #expect(
      text.contains(
        #""attributes":{"a":0.1111111111111111,"b":0,"c":12345678901234567890,"d":-1.25e3}"#))
  }

  @Test(arguments: 0..<4) func whatIsWrittenIsJSONWithTheValuesThatCameIn(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var members: [String: String] = [
        "event_type": "\"cell_executed\"",
        "student_id": "\"s\(RandomJSON.string(using: &random).dropFirst())",
        "notebook_path": "\"n\"",
      ]
      if Bool.random(using: &random) {
        members["error_message"] = RandomJSON.string(using: &random)
      }
      if Bool.random(using: &random) {
        members["duration_ms"] = "\(Double.random(in: 0...1e6, using: &random))"
      }
      if Bool.random(using: &random) {
        members["cell_index"] = "\(Int.random(in: 0...1000, using: &random))"
      }
      if Bool.random(using: &random) {
        members["attributes"] = "{\"k\": \(RandomJSON.value(depth: 0, using: &random)) }"
      }
      let text =
        "{" + members.shuffled(using: &random).map { "\"\($0)\" : \($1)" }.joined(separator: " ,\n")
        + "}"
      let sent = try JSONSerialization.jsonObject(with: Data(text.utf8)) as! [String: Any]
      let written =
        try JSONSerialization.jsonObject(with: Data(try normalize(text).utf8)) as! [String: Any]
      for (name, value) in sent {
        #expect("\(value)" == "\(try #require(written[name]))", "\(name) in \(text)")
      }
    }
  }
}
