import HTTPServerTesting
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// How much one sender may send to the running program.
  @Suite struct LimitTests {
    private static func batch(_ count: Int) -> String {
      let events = (0..<count).map { NotebookEvent(student: "s-\($0)").json }
      return "[\(events.joined(separator: ","))]"
    }

    @Test func theNotebookClientWaitsAsItIsToldAndLosesNothing() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,worker", accessBy: tokens,
          settings: ["limits.learner_events_per_second=40", "limits.learner_burst=10"])
        let output = try await Python.run(
          "/usr/bin/python3", "notebook_client.py",
          [
            process.url, try TestTokens.token(scope: "ingest", subject: "s-1"), "150",
            "\(deployment.folder)/spool",
          ], input: "")
        #expect(output.hasSuffix("0 True\n"), "\(output)")
        try await eventually("all are stored") {
          try await deployment.count("progress_events where event_type = 'cell_executed'") == 150
        }
        let metrics = try await process.request(
          "GET", "/metrics", token: try TestTokens.token(scope: "admin"))
        let refused = metrics.body.firstMatch(
          of: /progressbus_limited_total\{limit="learner"\} (\d+)/)
        #expect(try #require(refused).1 != "0")
      }
    }

    @Test func behindAProxyTheClientsAddressCounts() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,dashboard",
          settings: [
            "http.trusted_proxies=127.0.0.0/8", "limits.address_events_per_second=1",
            "limits.address_burst=10",
          ])
        func post(_ fields: String) async throws -> RawClient.Response {
          try await process.request(
            "POST", "/student-progress", token: nil, body: Self.batch(500), fields)
        }
        let one = "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n"
        #expect(try await post(one).status == 202)
        let refused = try await post(one)
        #expect(refused.status == 429)
        #expect(refused.headers["retry-after"].flatMap { Int($0) } ?? 0 > 60)
        // The other header may come from the client.
        #expect(try await post(one + "Forwarded: for=203.0.113.9\r\n").status == 429)
        #expect(try await post("X-Forwarded-For: 203.0.113.8\r\n").status == 202)
        let metrics = try await MetricsPage(of: process)
        #expect(metrics["progressbus_limited_total{limit=\"address\"}"] == 2)

        let purged = try await process.request(
          "POST", "/api/v1/dead-letters/purge", token: nil, body: #"{"all":true}"#, one)
        #expect(purged.status == 200, "\(purged.body)")
        let audit = try await deployment.run("audit", "--json")
        #expect(audit.output.contains(#""actor":"anonymous:203.0.113.7""#), "\(audit.output)")
      }
    }
  }
}
