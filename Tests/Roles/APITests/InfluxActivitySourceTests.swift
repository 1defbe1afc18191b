import API
import CurlTransport
import Events
import HTTPTypes
import Influx
import LocalStack
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct InfluxActivitySourceTests {
  private let now = Timestamp(microseconds: 1_800_000_123_456_789)

  private func write(_ lines: [String], to url: String, with transport: CurlTransport) async throws
  {
    let response = try await transport.send(
      TransportRequest(
        .post, "\(url)/write?db=classroom&precision=u",
        body: Array(lines.joined(separator: "\n").utf8), timeout: .seconds(10)))
    try #require(response.status == 204)
  }

  @Test func countsEveryBucket() async throws {
    try await withInfluxDB { server in
      let configuration = try InfluxConfiguration(url: server.server.url, database: "classroom")
      let transport = CurlTransport()
      try await InfluxQuery(configuration: configuration, transport: transport).createDatabase()
      let window = try #require(ActivityWindow(minutes: 5, bucketSeconds: 60, endingAt: now))
      func line(_ kind: String, _ seconds: Int, course: String = "数学\\ 'a'", failed: Bool = false)
        -> String
      {
        let time = now.microseconds - Int64(seconds) * 1_000_000
        return "progress_event,course_id=\(course),event_type=\(kind) "
          + "event_id=\"\(kind)\(seconds)\",has_error=\(failed) \(time)"
      }
      try await write(
        [
          line("cell_executed", 0), line("cell_executed", 1, failed: true), line("help", 2),
          line("notebook_saved", 2), line("cell_executed", 120, failed: true),
          line("cell_executed", 3600), line("cell_executed", 3, course: "other"),
        ], to: server.server.url, with: transport)
      let source = try #require(InfluxActivitySource(configuration, transport: transport))
      let buckets = try await source.activity(course: "数学 'a'", in: window)
      #expect(buckets.map(\.start) == window.buckets.map(\.start))
      #expect(buckets.map(\.events) == [0, 0, 0, 1, 0, 4])
      #expect(buckets.map(\.executions) == [0, 0, 0, 1, 0, 2])
      #expect(buckets.map(\.errors) == [0, 0, 0, 1, 0, 1])
      #expect(buckets.map(\.help) == [0, 0, 0, 0, 0, 1])
      await server.kill()
      await #expect(throws: InfluxQueryError.self) {
        try await source.activity(course: "数学 'a'", in: window)
      }
    }
  }

  /// InfluxDB answers the two questions one after the other, and events come and go between them.
  @Test func neverMoreErrorsThanExecutions() async throws {
    let window = try #require(ActivityWindow(minutes: 5, bucketSeconds: 60, endingAt: now))
    let minute = (window.buckets[0].start.microseconds) * 1000
    let server = try await FaultServer.start { request in
      let isOfErrors =
        request.target.contains("has_error")
        || String(decoding: request.body, as: UTF8.self).contains("has_error")
      let tags = isOfErrors ? "" : #","tags":{"event_type":"cell_executed"}"#
      return .json(
        200,
        """
        {"results":[{"statement_id":0,"series":[{"name":"progress_event"\(tags),"columns":["time","count"],\
        "values":[[\(minute),\(isOfErrors ? 5 : 3)]]}]}]}
        """)
    }
    let transport = CurlTransport()
    let source = try #require(
      InfluxActivitySource(
        try InfluxConfiguration(url: server.url, database: "classroom"), transport: transport))
    let buckets = try await source.activity(course: "c", in: window)
    await transport.shutdown()
    await server.stop()
    #expect(buckets[0].executions == 3)
    #expect(buckets[0].errors == 3)
  }

  @Test func otherVersionsAreNotAsked() throws {
    let configuration = try InfluxConfiguration(
      url: "http://127.0.0.1:1", api: .v3(database: "classroom"))
    #expect(InfluxActivitySource(configuration, transport: CurlTransport()) == nil)
  }
}
