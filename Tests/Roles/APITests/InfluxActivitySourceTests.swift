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

  @Test func otherVersionsAreNotAsked() throws {
    let configuration = try InfluxConfiguration(
      url: "http://127.0.0.1:1", api: .v3(database: "classroom"))
    #expect(InfluxActivitySource(configuration, transport: CurlTransport()) == nil)
  }
}
