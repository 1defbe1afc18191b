import CurlTransport
import EventBus
import ProgressBusTesting
import Testing
import WorkerRuntime

@testable import Influx

/// Answers that the servers at hand do not give, from a stub.
@Suite(.timeLimit(.minutes(1))) struct InfluxFaultTests {
  private static let v2 = InfluxAPI.v2(organization: "my org", bucket: "b&c", token: "secret")
  private static let v3 = InfluxAPI.v3(database: "d", token: "secret")

  @Test func version2GetsItsURLItsTokenAndNanoseconds() async throws {
    try await withStub(Self.v2) { sink, server in
      #expect(try await sink.write([TestEvents.entry()]) == [])
      let request = try #require(server.requests.first)
      #expect(request.method == "POST")
      #expect(request.target == "/api/v2/write?org=my%20org&bucket=b%26c&precision=ns")
      #expect(request.headers["authorization"] == "Token secret")
      #expect(request.headers["content-encoding"] == nil)
      #expect(request.text.hasPrefix("progress_event,course_id=default,"))
    }
  }

  @Test func version3GetsItsURLItsTokenAndNanoseconds() async throws {
    try await withStub(Self.v3) { sink, server in
      #expect(try await sink.write([TestEvents.entry()]) == [])
      let request = try #require(server.requests.first)
      #expect(request.target == "/api/v3/write_lp?db=d&precision=nanosecond")
      #expect(request.headers["authorization"] == "Bearer secret")
    }
  }

  @Test func version1GetsItsUsersNameAndPasswordInAHeaderNotInTheURL() async throws {
    let api = InfluxAPI.v1(database: "d", username: "ada", password: "pass word")
    try await withStub(api) { sink, server in
      #expect(try await sink.write([TestEvents.entry()]) == [])
      let request = try #require(server.requests.first)
      #expect(request.target == "/write?db=d&precision=ns")
      #expect(request.headers["authorization"] == "Basic YWRhOnBhc3Mgd29yZA==")
    }
  }

  @Test func aLargeBatchIsCompressedAndNeverLargerThanARequestMayBe() async throws {
    try await withStub(Self.v2) { sink, server in
      let refusals = try await sink.write((0..<12_000).map(entry))
      #expect(refusals == [])
      #expect(server.requests.count == 3)
      for request in server.requests {
        #expect(request.headers["content-encoding"] == "gzip")
        #expect(request.body.count < 200_000)
      }
      #expect(try await sink.write([]) == [])
      #expect(server.requests.count == 3)
    }
  }

  @Test func theLinesThatVersion3NamesAreRefusedTheOthersAreStored() async throws {
    try await withStub(Self.v3) { sink, server in
      server.answerNext(
        .json(
          400,
          """
          {"error":"partial write of line protocol occurred","data":[
            {"original_line":"progress_event,student_id=ada","line_number":2,
             "error_message":"invalid column type for column 'x', expected i64, got ada"},
            {"original_line":"progress_event","line_number":3,"error_message":"missing fields"}]}
          """))
      // The first event makes no line, so lines and events are not counted alike.
      let broken = TestEvents.entry(["occurred_at": nil])
      let refusals = try await sink.write([broken, entry(1), entry(2), entry(3)])
      #expect(refusals.map(\.index) == [0, 2, 3])
      #expect(refusals.first?.reason == "occurred_at is missing")
      #expect(refusals.allSatisfy { !$0.reason.contains("ada") })
    }
  }

  @Test(arguments: [
    "{\"error\":\"parsing failed\",\"data\":{\"line_number\":1,\"error_message\":\"x\"}}",
    "{\"error\":\"partial write\",\"data\":[{\"line_number\":99}]}",
    "{\"error\":\"partial write\",\"data\":[]}", "<html>", "",
  ])
  func aRefusalThatNamesNoLineOfOursIsLeftToBeSearchedFor(
    _ body: String
  ) async throws {
    try await withStub(Self.v3, answer: .json(400, body)) { sink, _ in
      guard case .refused? = await failure(sink, [entry(1), entry(2)]) else {
        Issue.record("not refused")
        return
      }
      // Alone, an event is found already.
      let refusals = try await sink.write([entry(1)])
      #expect(refusals.map(\.index) == [0])
    }
  }

  @Test func anEndlessRefusalIsARefusalStill() async throws {
    let endless = FaultAnswer.text(400, String(repeating: "unable to parse ", count: 200_000))
    try await withStub(Self.v2, answer: endless) { sink, _ in
      guard case .refused? = await failure(sink, [entry(1), entry(2)]) else {
        Issue.record("not refused")
        return
      }
    }
  }

  @Test func tooLargeARequestIsHalvedUntilItFitsAPointThatNeverFitsIsRefused()
    async throws
  {
    let stub = try await FaultServer.start { request in
      let lines = request.text.split(separator: "\n")
      return lines.count > 3 || request.text.contains("huge") ? .text(413, "") : .text(204, "")
    }
    let sink = try makeSink(Self.v2, stub, compresses: false)
    var batch = (0..<20).map(entry)
    batch[13] = TestEvents.entry(["session_id": "\"huge\""])
    let refusals = try await sink.write(batch)
    #expect(refusals == [Refusal(index: 13, reason: "the point is larger than InfluxDB takes")])
    await sink.close()
    await stub.stop()
  }

  @Test(
    arguments: [
      (429, "7", Duration.seconds(7)), (503, "0", .zero), (503, nil, nil), (500, nil, nil),
      (503, "soon", nil), (429, "Sun, 06 Nov 1994 08:49:37 GMT", .zero),
    ] as [(Int, String?, Duration?)])
  func aBusyServerIsGivenTheTimeThatItAsksFor(
    _ status: Int, _ retryAfter: String?, _ expected: Duration?
  ) async throws {
    let headers = retryAfter.map { [("Retry-After", $0)] } ?? []
    let answer = FaultAnswer.text(status, "", headers: headers)
    try await withStub(Self.v2, answer: answer) { sink, _ in
      switch await failure(sink, [entry(1)]) {
      case .unavailable(_, let wait)?, .failed(_, let wait)?: #expect(wait == expected)
      case let other: Issue.record("\(String(describing: other)) does not say when")
      }
    }
  }

  /// The status alone would keep the whole batch waiting.
  @Test(
    arguments: [
      (
        500, "partial write: field type conflict: input field \\\"f\\\" on measurement",
        "field type conflict"
      ),
      (
        500, "unable to parse 'm,student_id=ada': missing fields",
        "cannot parse the line: missing fields"
      ),
      (503, "partial write: max key length exceeded dropped=1", "tags are longer"),
    ])
  func aRefusalBehindAServersErrorIsARefusal(
    status: Int, message: String, expected: String
  ) async throws {
    let answer = FaultAnswer.json(status, "{\"error\":\"\(message)\"}")
    try await withStub(.v1(database: "d"), answer: answer) { sink, _ in
      guard case .refused(let reason)? = await failure(sink, [entry(1), entry(2)]) else {
        Issue.record("not refused")
        return
      }
      #expect(reason.contains(expected))
      let refusals = try await sink.write([entry(1)])
      #expect(refusals.map(\.index) == [0])
    }
  }

  @Test func linesThatVersion3NamesBehindAServersErrorAreRefused() async throws {
    try await withStub(Self.v3) { sink, server in
      server.answerNext(
        .json(500, "{\"error\":\"x\",\"data\":[{\"line_number\":2,\"error_message\":\"y\"}]}"))
      let refusals = try await sink.write([entry(1), entry(2), entry(3)])
      #expect(refusals.map(\.index) == [1])
    }
  }

  @Test(arguments: [FaultAnswer.text(504, ""), .text(408, ""), .hang])
  func timeThatIsUpSaysSo(_ answer: FaultAnswer) async throws {
    try await withStub(Self.v2, answer: answer) { sink, _ in
      guard case .outOfTime? = await failure(sink, [entry(1)]) else {
        Issue.record("not out of time")
        return
      }
    }
  }

  @Test(arguments: [
    (401, "INFLUXDB_TOKEN"), (403, "INFLUXDB_TOKEN"), (404, "INFLUXDB_BUCKET"),
    (307, "INFLUXDB_URL"), (405, "INFLUXDB_URL"),
  ])
  func anOperatorsMistakeRefusesNoEventAndNamesTheSetting(
    _ status: Int, _ setting: String
  ) async throws {
    try await withStub(Self.v2, answer: .json(status, "{\"message\":\"secret\"}")) { sink, _ in
      guard case .failed(let why, _)? = await failure(sink, [entry(1)]) else {
        Issue.record("not failed")
        return
      }
      #expect(why.contains(setting))
      #expect(!why.contains("secret"))
      await #expect(throws: SinkError.self) { try await sink.check() }
    }
  }

  @Test(arguments: [
    FaultAnswer.cut, .hang, .garbage(Array("junk\r\n\r\n".utf8)),
    .cutBody(status: 400, body: Array("{\"error\":\"\"}".utf8), sent: 3),
  ])
  func aServerThatBreaksOffOrHangsIsUnavailableInBoundedTime(
    _ answer: FaultAnswer
  ) async throws {
    try await withStub(Self.v2, answer: answer) { sink, _ in
      switch await failure(sink, [entry(1)]) {
      case .unavailable(let why, _)?, .outOfTime(let why)?: #expect(why.hasPrefix("InfluxDB: "))
      case let other: Issue.record("\(String(describing: other)) is no outage")
      }
    }
  }

  private func entry(_ number: Int) -> JournalEntry {
    TestEvents.entry([
      "event_id": TestEvents.quoted(TestEvents.id(number)), "cell_index": "\(number)",
    ])
  }

  private func failure(_ sink: InfluxSink, _ batch: [JournalEntry]) async -> SinkError? {
    do throws(SinkError) {
      _ = try await sink.write(batch)
      return nil
    } catch {
      return error
    }
  }

  private func makeSink(
    _ api: InfluxAPI, _ server: FaultServer, compresses: Bool = true
  ) throws -> InfluxSink {
    var configuration = try InfluxConfiguration(url: server.url + "/", api: api)
    configuration.timeout = .milliseconds(500)
    if !compresses { configuration.compressionThreshold = .max }
    return InfluxSink(configuration: configuration, transport: CurlTransport())
  }

  private func withStub(
    _ api: InfluxAPI, answer: FaultAnswer = .text(204, ""),
    _ body: (InfluxSink, FaultServer) async throws -> Void
  ) async throws {
    let script: FaultServer.Script = { _ in answer }
    try await withFaultServer(otherwise: script) { server in
      let sink = try makeSink(api, server)
      do {
        try await body(sink, server)
      } catch {
        await sink.close()
        throw error
      }
      await sink.close()
    }
  }
}
