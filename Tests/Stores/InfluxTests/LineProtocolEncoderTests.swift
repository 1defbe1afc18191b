import Events
import NIOCore
import SeededRandom
import Testing

@testable import Influx

@Suite struct LineProtocolEncoderTests {
  @Test func anEventBecomesAPointByItsDeclaration() throws {
    let line = try encode(
      TestEvents.json([
        "received_at": "\"2026-11-21T10:00:01.000000Z\"", "student_name": "\"Ada\"",
        "team": "\"blue\"", "cell_index": "3", "cell_type": "\"code\"", "has_error": "true",
        "error_message": "\"a \\\"b\\\" \\\\ c\\nd\"", "duration_ms": "1.5e2", "code": "\"x\"",
        "attributes": #"{"k":1,"quote":"\""}"#, "cell_id": "null",
      ]))
    #expect(
      line.hasPrefix(
        """
        progress_event,course_id=default,event_type=cell_executed,student_id=s1,team=blue \
        event_id="\(TestEvents.id)",received_at="2026-11-21T10:00:01.000000Z",\
        notebook_path="a.ipynb",cell_index=3i,cell_type="code",has_error=true,\
        error_message="a \\"b\\" \\\\ c\nd",duration_ms=1.5e2,\
        attributes="{\\"k\\":1,\\"quote\\":\\"\\\\\\"\\"}" 1795255200123456
        """))
    #expect(line.hasSuffix("\n"))
  }

  @Test func theMembersOfAnEventMayComeInAnyOrder() throws {
    let members = [
      "\"team\":\"t\"", "\"event_id\":\"\(TestEvents.id)\"", "\"cell_index\":7",
      "\"occurred_at\":\"2026-11-21T10:00:00.000000Z\"", "\"unknown\":[{\"team\":\"no\"}]",
    ]
    let forward = try encode("{" + members.joined(separator: ",") + "}")
    let backward = try encode("{" + members.reversed().joined(separator: ",") + "}")
    #expect(forward == backward)
    #expect(forward.hasPrefix("progress_event,team=t event_id="))
  }

  @Test func anEmptyTagIsLeftOutAnEmptyStringFieldIsNot() throws {
    let point = try parse(encode(TestEvents.json(["team": "\"\"", "session_id": "\"\""])))
    #expect(point.tags["team"] == nil)
    #expect(point.fields["session_id"] == "\"")
  }

  @Test(
    arguments: [
      ("2026-11-21T10:00:00.123456Z", 1_795_255_200_123_456_000, 1000),
      ("2026-11-21T10:00:00.123000Z", 1_795_255_200_123_000_000, 1_000_000),
      ("1970-01-01T00:00:00.000000Z", 0, 1_000_000),
      ("1969-12-31T23:59:59.999999Z", -1000, 1000),
      ("2262-04-11T23:47:16.000000Z", 9_223_372_036_000_000_000, 1_000_000),
    ] as [(String, Int64, Int64)])
  func theTimeIsTheEventsAndAnOffsetBelowItsPrecision(
    _ text: String, _ nanoseconds: Int64, _ precision: Int64
  ) throws {
    let point = try parse(encode(TestEvents.json(["occurred_at": "\"\(text)\""])))
    #expect((nanoseconds..<nanoseconds + precision).contains(point.time))
  }

  @Test func theOffsetDependsOnTheIdAloneAndSpreadsEvenly() throws {
    var seen: [Int64: Int] = [:]
    for number in 0..<10_000 {
      let id = try #require(EventID(TestEvents.id(number)))
      #expect(PointTime.offset(of: id, below: 1000) == PointTime.offset(of: id, below: 1000))
      seen[PointTime.offset(of: id, below: 1000), default: 0] += 1
    }
    #expect(seen.keys.allSatisfy { (0..<1000).contains($0) })
    #expect(seen.count > 990)
    #expect(seen.values.allSatisfy { $0 < 40 })
  }

  @Test(
    arguments: [
      (["event_id": nil], "event_id is missing"), (["event_id": "\"x\""], "event_id is missing"),
      (["occurred_at": nil], "occurred_at is missing"),
      (
        ["occurred_at": "\"9999-01-01T00:00:00.000000Z\""],
        "occurred_at is outside the years 1677 to 2262"
      ),
      (["cell_index": "\"3\""], "cell_index has the wrong type"),
      (["cell_index": "1.5"], "cell_index has the wrong type"),
      (["has_error": "1"], "has_error has the wrong type"),
      (["session_id": "{}"], "session_id has the wrong type"),
    ] as [(KeyValuePairs<String, String?>, String)])
  func whatCannotBeAPointIsRefusedByNameAndLeavesNoTrace(
    _ members: KeyValuePairs<String, String?>, _ reason: String
  ) {
    var encoder = LineProtocolEncoder(layouts: LineProtocolEncoder.layouts(of: .standard))
    var lines = Array("before\n".utf8)
    let outcome = encoder.append(
      ByteBuffer(string: TestEvents.json(members)), eventType: "cell_executed", to: &lines)
    #expect(outcome == .refused(reason))
    #expect(lines == Array("before\n".utf8))
  }

  @Test func whatIsNoJSONOrOfAnUnknownKindIsRefused() {
    var encoder = LineProtocolEncoder(layouts: LineProtocolEncoder.layouts(of: .standard))
    var lines: [UInt8] = []
    for text in ["", "{", "[]", "1", "{\"event_id\":"] {
      let outcome = encoder.append(
        ByteBuffer(string: text), eventType: "cell_executed", to: &lines)
      guard case .refused = outcome else {
        Issue.record("\(text): \(outcome)")
        continue
      }
    }
    let unknown = encoder.append(ByteBuffer(string: "{}"), eventType: "nothing", to: &lines)
    #expect(unknown == .refused("unknown event_type"))
    #expect(lines.isEmpty)
  }

  @Test func aKindWithoutAMeasurementHasNoPoint() {
    let catalog = EventCatalog([EventKind("quiet", storedBy: "store_quiet", fields: [], "Quiet.")])
    var encoder = LineProtocolEncoder(layouts: LineProtocolEncoder.layouts(of: catalog))
    var lines: [UInt8] = []
    let outcome = encoder.append(ByteBuffer(string: "{}"), eventType: "quiet", to: &lines)
    #expect(outcome == .hasNoMeasurement)
    #expect(lines.isEmpty)
  }

  @Test(arguments: 0..<500 as Range<UInt64>)
  func whatIsWrittenReadsBackAsTheSamePoint(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var encoder = LineProtocolEncoder(layouts: LineProtocolEncoder.layouts(of: .standard))
    var lines: [UInt8] = []
    var expected: [ParsedPoint] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let student = text(using: &random)
      let team = text(using: &random)
      let path = text(using: &random)
      let message = text(using: &random)
      let index = Int.random(in: 0...1_000_000, using: &random)
      let duration = Double.random(in: 0...1e12, using: &random)
      let escaping = Bool.random(using: &random)
      func quoted(_ text: String) -> String { TestEvents.quoted(text, escaping: escaping) }
      let json = TestEvents.json([
        "student_id": quoted(student), "team": quoted(team), "notebook_path": quoted(path),
        "error_message": quoted(message), "cell_index": "\(index)", "duration_ms": "\(duration)",
      ])
      #expect(
        encoder.append(ByteBuffer(string: json), eventType: "cell_executed", to: &lines)
          == .appended)
      var point = ParsedPoint()
      point.measurement = "progress_event"
      point.tags = ["course_id": "default", "event_type": "cell_executed"]
      if !student.isEmpty { point.tags["student_id"] = TestEvents.tagReadBack(student) }
      if !team.isEmpty { point.tags["team"] = TestEvents.tagReadBack(team) }
      point.tagOrder = point.tags.keys.sorted()
      point.fields = [
        "event_id": "\"" + TestEvents.id, "notebook_path": "\"" + path,
        "error_message": "\"" + message, "cell_index": "\(index)i", "duration_ms": "\(duration)",
      ]
      let id = try #require(EventID(TestEvents.id))
      point.time = 1_795_255_200_123_456_000 + PointTime.offset(of: id, below: 1000)
      expected.append(point)
    }
    #expect(try LineParser.parse(String(decoding: lines, as: UTF8.self)) == expected)
  }

  /// Text made mostly of what is special to JSON or to line protocol.
  private func text(using random: inout SeededGenerator) -> String {
    let special: [Unicode.Scalar] = [
      "\\", "\"", ",", "=", " ", "\n", "\r", "\t", "a", "i", "1", "#", "日", "👩", "\u{301}",
      "\u{1}", "\u{7F}", "\u{FF3C}", "{", "}", ":", "/", "\u{E000}", "\u{10FFFF}",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      text.append(special.randomElement(using: &random) ?? "a")
    }
    return String(text)
  }

  private func encode(_ json: String) throws -> String {
    var encoder = LineProtocolEncoder(layouts: LineProtocolEncoder.layouts(of: .standard))
    var lines: [UInt8] = []
    let outcome = encoder.append(
      ByteBuffer(string: json), eventType: "cell_executed", to: &lines)
    #expect(outcome == .appended)
    return String(decoding: lines, as: UTF8.self)
  }

  private func parse(_ line: String) throws -> ParsedPoint {
    try #require(try LineParser.parse(line).first)
  }
}
