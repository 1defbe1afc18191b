import EventBus
import Events
import Foundation
import HTTPServer
import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing

@testable import Ingest

@Suite struct BatchDecoderTests {
  private static let receivedAt = Timestamp(rfc3339: "2026-11-21T10:00:00.000001Z".utf8)!

  private func decode(
    _ text: String, _ format: BodyFormat = .json,
    _ configuration: IngestConfiguration = IngestConfiguration()
  ) throws -> DecodedBatch {
    var decoder = BatchDecoder(configuration: configuration, catalog: .standard)
    return try decoder.decode(
      ByteBuffer(string: text), format: format, receivedAt: Self.receivedAt)
  }

  private func problem(
    _ text: String, _ format: BodyFormat = .json,
    _ configuration: IngestConfiguration = IngestConfiguration()
  ) -> Problem? {
    #expect(throws: Problem.self) { try decode(text, format, configuration) }
  }

  @Test func oneObjectIsOneEventInItsCanonicalForm() throws {
    let batch = try decode(SampleText.event(#","event_id":"\#(SampleText.id)""#))
    #expect(batch.accepted.map(\.index) == [0])
    #expect(batch.accepted[0].id.description == SampleText.id)
    #expect(batch.rejected.isEmpty)
    #expect(batch.events[0].eventType == "cell_executed")
    #expect(
      String(buffer: batch.events[0].payload)
        == #"{"event_id":"\#(SampleText.id)","event_type":"cell_executed","occurred_at":"2026-11-21T10:00:00.000001Z","received_at":"2026-11-21T10:00:00.000001Z","course_id":"default","student_id":"s-1","notebook_path":"a.ipynb"}"#
    )
  }

  @Test func anArrayIsTakenApartInOrderAndABadElementIsRejectedAlone() throws {
    let batch = try decode(
      "[\(SampleText.event(student: "a")), {}, 7, \(SampleText.event(student: "b"))]")
    #expect(batch.accepted.map(\.index) == [0, 3])
    #expect(
      batch.events.map { String(buffer: $0.payload).contains(#""student_id":"b""#) }
        == [false, true])
    #expect(batch.rejected.map(\.index) == [1, 2])
    #expect(batch.rejected.map { $0.errors[0].pointer } == ["/event_type", ""])
    #expect(batch.rejected.map { $0.errors[0].code } == [.required, .type])
  }

  @Test(arguments: [",", "\n"]) func manyEventsOfAllSizesComeOutAsTheyDoAlone(
    separator: String
  ) throws {
    var decoder = BatchDecoder(
      configuration: IngestConfiguration(keepsWork: true), catalog: .standard)
    // Some are larger than the pieces of memory that several share.
    let events = (0..<300).map { number in
      SampleText.event(
        ofLength: number % 50 == 7 ? 60_000 : 100 + number * 37 % 2_000
      )
      .replacing(
        "{", with: #"{"event_id":"\#(UUID().uuidString.lowercased())","#, maxReplacements: 1
      )
      .replacing("s-1", with: "s-\(number)")
    }
    let text = events.joined(separator: separator)
    let batch = try decoder.decode(
      ByteBuffer(string: separator == "," ? "[\(text)]" : text),
      format: separator == "," ? .json : .ndjson, receivedAt: Self.receivedAt)
    #expect(batch.accepted.map(\.index) == Array(0..<300))
    for (number, event) in events.enumerated() {
      // Without a moment of its own, an event of a batch happened a microsecond after the one before it.
      let alone = try decoder.decode(
        ByteBuffer(string: event), format: .json, receivedAt: Self.receivedAt)
      let moment = Timestamp(microseconds: Self.receivedAt.microseconds + Int64(number))
      let expected = String(buffer: alone.events[0].payload).replacing(
        "\"occurred_at\":\"\(Self.receivedAt)\"", with: "\"occurred_at\":\"\(moment)\"")
      #expect(String(buffer: batch.events[number].payload) == expected)
    }
  }

  @Test func aRequestThatIsRefusedInTheMiddleLeavesNothingBehind() throws {
    var decoder = BatchDecoder(
      configuration: IngestConfiguration(eventsPerRequest: 2), catalog: .standard)
    #expect(throws: Problem.self) {
      let lines = String(repeating: SampleText.event() + "\n", count: 3)
      _ = try decoder.decode(
        ByteBuffer(string: lines), format: .ndjson, receivedAt: Self.receivedAt)
    }
    let batch = try decoder.decode(
      ByteBuffer(string: SampleText.event(student: "next")), format: .json,
      receivedAt: Self.receivedAt)
    #expect(batch.accepted.count == 1)
    #expect(batch.events.map { String(buffer: $0.payload).contains("next") } == [true])
  }

  @Test func anEmptyArrayIsABatchOfNone() throws {
    let batch = try decode("[]")
    #expect(batch.accepted.isEmpty && batch.rejected.isEmpty && batch.events.isEmpty)
  }

  @Test func linesMayEndWithCRLFBeBlankAndLackTheLastLineEnd() throws {
    let batch = try decode(
      "\r\n\(SampleText.event(student: "a"))\r\n \t\r\n\n\(SampleText.event(student: "b"))", .ndjson
    )
    #expect(batch.accepted.map(\.index) == [0, 1])
    #expect(batch.rejected.isEmpty)
  }

  @Test func aLineThatIsNoJSONIsRejectedAloneWithItsPlace() throws {
    let batch = try decode(
      "\(SampleText.event())\n{\"event_type\":\n\(SampleText.event())\n", .ndjson)
    #expect(batch.accepted.map(\.index) == [0, 2])
    #expect(batch.rejected.map(\.index) == [1])
    #expect(batch.rejected[0].errors.map(\.code) == [.syntax])
    #expect(batch.rejected[0].errors[0].message.contains("ends in the middle"))
  }

  @Test(arguments: ["no\nno", "", "\n \r\n", "{"]) func aBodyOfWhichNoLineIsJSONIsNoNDJSON(
    _ body: String
  ) {
    #expect(problem(body, .ndjson)?.status == .badRequest)
  }

  @Test func whatIsNoJSONNamesTheFaultAndItsPlace() {
    let cut = problem(#"{"event_type":"cell_ex"#)
    #expect(cut?.status == .badRequest)
    #expect(cut?.detail?.contains("ends in the middle") == true)
    #expect(problem("[1,]")?.detail?.contains("at byte 3") == true)
    #expect(problem("")?.detail?.contains("empty") == true)
    #expect(problem(SampleText.event() + SampleText.event())?.detail?.contains("follows") == true)
  }

  @Test(arguments: [BodyFormat.json, .ndjson]) func asManyEventsAsAllowedPassAndNotOneMore(
    _ format: BodyFormat
  ) throws {
    func body(_ count: Int) -> String {
      format == .json
        ? SampleText.array(count) : String(repeating: SampleText.event() + "\n", count: count)
    }
    #expect(try decode(body(1000), format).accepted.count == 1000)
    let problem = problem(body(1001), format)
    #expect(problem?.status == .contentTooLarge)
    #expect(problem?.detail?.contains("1000") == true)
  }

  @Test func anEventOverTheLimitIsRejectedAloneInABatchButAsTheWholeRequestAlone() throws {
    let limit = 64 * 1024
    #expect(try decode(SampleText.event(ofLength: limit)).accepted.count == 1)
    #expect(problem(SampleText.event(ofLength: limit + 1))?.status == .contentTooLarge)
    let batch = try decode("[\(SampleText.event(ofLength: limit + 1)),\(SampleText.event())]")
    #expect(batch.accepted.map(\.index) == [1])
    #expect(batch.rejected[0].errors.map(\.code) == [.tooLarge])
    let lines = try decode(
      SampleText.event(ofLength: limit + 1) + "\n" + SampleText.event(), .ndjson)
    #expect(lines.rejected[0].errors.map(\.code) == [.tooLarge])
  }

  @Test func anEventNestedTooDeeplyNamesTheLimitHoweverDeepTheBodyGoes() throws {
    func nested(_ depth: Int) -> String {
      SampleText.event(
        #","attributes":"# + String(repeating: "[", count: depth)
          + String(repeating: "]", count: depth))
    }
    let batch = try decode(nested(9))
    #expect(batch.rejected[0].errors[0].code == .tooDeep)
    #expect(problem(nested(100_000))?.status == .unprocessableContent)
  }

  @Test func theCellMonitorExtensionsArrayIsReadByItsOwnNames() throws {
    let batch = try decode(
      #"[{"eventId":"\#(SampleText.id)","eventType":"cell_executed","eventTime":"2026-11-21T09:59:58Z","emailAddress":"ada@example.org","userName":"Ada","teamName":"red","sessionId":"k-1","notebookPath":"w/1.ipynb","cellId":"c-1","cellIndex":3,"cellType":"code","code":"print(1)","executionCount":7,"hasError":false,"errorMessage":null,"result":"1","executionDurationMs":12.5}]"#
    )
    #expect(batch.rejected.isEmpty)
    #expect(
      String(buffer: batch.events[0].payload)
        == #"{"event_id":"\#(SampleText.id)","event_type":"cell_executed","occurred_at":"2026-11-21T09:59:58.000000Z","received_at":"2026-11-21T10:00:00.000001Z","course_id":"default","student_id":"ada@example.org","student_name":"Ada","team":"red","session_id":"k-1","notebook_path":"w/1.ipynb","cell_id":"c-1","cell_index":3,"cell_type":"code","execution_count":7,"has_error":false,"duration_ms":12.5}"#
    )
  }

  @Test func learnersWorkIsKeptWhereTheOperatorSaysSoAndNowhereElse() throws {
    let text = SampleText.event(#","code":"x = 1","result":"1""#)
    #expect(!String(buffer: try decode(text).events[0].payload).contains("x = 1"))
    let kept = try decode(text, .json, IngestConfiguration(keepsWork: true))
    #expect(String(buffer: kept.events[0].payload).contains(#""code":"x = 1","result":"1""#))
  }

  @Test func anEventKeepsNoMoreMemoryThanTwiceItsSizeAndAConstant() throws {
    let batch = try decode(SampleText.array(1000))
    let bound = CanonicalForm.bound(of: SampleText.event().utf8.count)
    #expect(batch.events.allSatisfy { $0.payload.capacity <= 2 * bound })
  }
}
