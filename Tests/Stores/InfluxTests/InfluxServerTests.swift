import CurlTransport
import EventBus
import HTTPTypes
import LocalStack
import ProgressBusTesting
import Testing
import WorkerRuntime

@testable import Influx

/// Against a real InfluxDB 1.x and a real VictoriaMetrics.
@Suite(.tags(.servers), .timeLimit(.minutes(2))) struct InfluxServerTests {
  @Test func nastyStringsComeBackAsTheyWentInTagsAndFields() async throws {
    try await withSink { sink, query in
      let batch = TestEvents.nasty.enumerated().map { index, text in
        TestEvents.entry([
          "event_id": TestEvents.quoted(TestEvents.id(index)), "team": TestEvents.quoted(text),
          "error_message": TestEvents.quoted(text), "cell_index": "\(index)",
          "duration_ms": "0.5", "has_error": "false",
        ])
      }
      #expect(try await sink.write(batch) == [])
      let series = try await query.run("SELECT * FROM progress_event")
      let rows = series.flatMap(\.rows)
      #expect(rows.count == batch.count)
      for row in rows {
        guard case .integer(let index)? = row["cell_index"] else {
          Issue.record("cell_index is no integer: \(row)")
          continue
        }
        let text = TestEvents.nasty[Int(index)]
        #expect(row["team"] == .text(TestEvents.tagReadBack(text)))
        #expect(row["error_message"] == .text(text))
        #expect(row["event_id"] == .text(TestEvents.id(Int(index))))
        #expect(row["duration_ms"] == .number(0.5))
        #expect(row["has_error"] == .boolean(false))
        #expect(row["student_id"] == .text("s1"))
      }
    }
  }

  @Test func aBatchOfThousandsIsStoredOnceHoweverOftenItIsWritten() async throws {
    try await withSink { sink, query in
      // One microsecond for each pair of events: only the ids tell them apart.
      let batch = (0..<7000).map { number in
        let digits = String(number / 2)
        let micros = String(repeating: "0", count: 6 - digits.count) + digits
        return TestEvents.entry([
          "event_id": TestEvents.quoted(TestEvents.id(number)),
          "occurred_at": "\"2026-11-21T10:00:00.\(micros)Z\"", "cell_index": "\(number)",
        ])
      }
      for _ in 0..<2 { #expect(try await sink.write(batch) == []) }
      let counted = try await query.run("SELECT COUNT(cell_index) FROM progress_event")
      #expect(counted.first?.rows.first?["count"] == .integer(7000))
    }
  }

  @Test func aLineThatTheServerRefusesDoesNotLoseTheOthers() async throws {
    try await withSink { sink, query in
      // Another program has made cell_id a number.
      _ = try await sink.write([TestEvents.entry(["cell_index": "1"])])
      let conflict = try await withConflictingField(sink)
      #expect(
        conflict
          == .refused(
            "field type conflict: input field \"cell_id\" on measurement \"progress_event\" "
              + "is type string, already exists as type integer"))
      let series = try await query.run(
        "SELECT cell_index FROM progress_event WHERE student_id = $student",
        parameters: ["student": "good"])
      #expect(series.flatMap(\.rows).count == 1)
    }
  }

  @Test func aPointOlderThanTheRetentionPolicyKeepsIsRefusedForGood() async throws {
    try await withSink { sink, query in
      _ = try await query.run(
        "ALTER RETENTION POLICY autogen ON \"\(sink.database)\" DURATION 1h SHARD DURATION 1h")
      let old = TestEvents.entry(["occurred_at": "\"2001-01-01T00:00:00.000000Z\""])
      let refusals = try await sink.write([old])
      #expect(
        refusals == [
          Refusal(
            index: 0, reason: "the point is older than the retention policy keeps", cause: .expired)
        ])
    }
  }

  @Test func aDatabaseThatIsMissingMakesTheSinkUnavailableAndNamesTheSetting()
    async throws
  {
    try await withInfluxDB { server in
      let transport = CurlTransport()
      let configuration = try InfluxConfiguration(
        url: server.server.url, database: "not \"there\"")
      let sink = InfluxSink(configuration: configuration, transport: transport)
      for attempt in [
        { try await sink.check() }, { _ = try await sink.write([TestEvents.entry()]) },
      ]
        as [() async throws -> Void]
      {
        let error = await #expect(throws: SinkError.self) { try await attempt() }
        if case .refused? = error { Issue.record("an event was condemned") }
        #expect(error?.reason.contains("INFLUXDB_DATABASE") == true)
      }
      let query = InfluxQuery(configuration: configuration, transport: transport)
      try await query.createDatabase()
      try await query.createDatabase()
      try await sink.check()
      #expect(try await sink.write([TestEvents.entry()]) == [])
      await sink.close()
    }
  }

  @Test func victoriaMetricsTakesWhatIsWrittenByTheAPIOfVersion2() async throws {
    try await withVictoriaMetrics { server in
      let transport = CurlTransport()
      let sink = InfluxSink(
        configuration: try InfluxConfiguration(
          url: server.server.url, token: "t", organization: "o", bucket: "b"),
        transport: transport)
      try await sink.check()
      let team = "blue, or = red"
      let batch = (0..<100).map { number in
        TestEvents.entry([
          "event_id": TestEvents.quoted(TestEvents.id(number)), "cell_index": "\(number)",
          "team": TestEvents.quoted(team),
        ])
      }
      #expect(try await sink.write(batch) == [])
      let url = server.server.url
      try await eventually {
        _ = try await transport.send(TransportRequest(.get, url + "/internal/force_flush"))
        let answer = try await transport.send(
          TransportRequest(
            .get,
            url + "/api/v1/export"
              + QueryString.encode([("match[]", "progress_event_cell_index")])))
        return String(decoding: answer.body, as: UTF8.self).contains("\"team\":\"\(team)\"")
      }
      await sink.close()
    }
  }
}

/// A sink with its database, on an InfluxDB of its own.
struct SinkUnderTest: Sendable {
  let sink: InfluxSink
  let transport: CurlTransport
  let url: String
  let database: String

  func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    try await sink.write(batch)
  }
}

func withSink(_ body: @Sendable (SinkUnderTest, InfluxQuery) async throws -> Void) async throws {
  try await withInfluxDB { server in
    let transport = CurlTransport()
    let configuration = try InfluxConfiguration(
      url: server.server.url, database: server.server.database)
    let sink = InfluxSink(configuration: configuration, transport: transport)
    try await sink.check()
    try await body(
      SinkUnderTest(
        sink: sink, transport: transport, url: server.server.url,
        database: server.server.database),
      InfluxQuery(configuration: configuration, transport: transport))
    await sink.close()
  }
}

/// Makes `cell_id` an integer behind the sink's back, and writes one event with a text there and one
/// without.
private func withConflictingField(_ test: SinkUnderTest) async throws -> SinkError? {
  let response = try await test.transport.send(
    TransportRequest(
      .post, test.url + "/write" + QueryString.encode([("db", test.database)]),
      body: Array("progress_event cell_id=1i 1795255200000000000\n".utf8)))
  #expect(response.status == 204)
  do throws(SinkError) {
    _ = try await test.write([
      TestEvents.entry(["cell_id": "\"text\"", "student_id": "\"bad\""]),
      TestEvents.entry(["student_id": "\"good\"", "cell_index": "2"]),
    ])
    return nil
  } catch {
    return error
  }
}
