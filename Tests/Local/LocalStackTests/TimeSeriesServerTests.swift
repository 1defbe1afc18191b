import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite(.tags(.servers)) struct TimeSeriesServerTests {
  private func query(_ port: Int, _ query: String) async throws -> String {
    try await LoopbackClient.exchange(
      port: port, request: "GET /query?db=progressbus&q=\(query) HTTP/1.0\r\n\r\n",
      within: .seconds(60))
  }

  @Test func influxDBHasItsDatabaseAndKeepsItsData() async throws {
    try await withInfluxDB { server in
      #expect(server.database == "progressbus")
      let written = try await LoopbackClient.status(
        port: server.port, method: "POST", path: "/write?db=progressbus", body: "m,t=a f=41.5 1000",
        within: .seconds(60))
      #expect(written == 204)
      await server.stop()
      try await server.start()
      try await #expect(query(server.port, "SELECT%20*%20FROM%20m").contains("41.5"))
      await server.kill()
      try await server.start()
      try await #expect(query(server.port, "SELECT%20*%20FROM%20m").contains("41.5"))
    }
  }

  @Test func victoriaMetricsTakesV2Writes() async throws {
    try await withVictoriaMetrics { server in
      let written = try await LoopbackClient.status(
        port: server.port, method: "POST", path: "/api/v2/write?org=o&bucket=b&precision=ms",
        body: "m,t=a f=41.5", within: .seconds(60))
      #expect(written == 204)
    }
  }
}
