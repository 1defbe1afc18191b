import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension MirrorEndToEnd {
  /// What the mirror tells its operator.
  @Suite struct MirrorAlertTests {
    private struct Health: Decodable {
      let status: String
      let warnings: [String]
      let problems: [String]
    }

    private struct Alert: Decodable {
      let alert: String
      let text: String
      let failed: Int
    }

    @Test func tooManyWaitingOrGivenUpRowsAreTold() async throws {
      let taken: FaultServer.Script = { _ in .text(204, "") }
      try await withFaultServer(otherwise: taken) { webhook in
        let script: FaultServer.Script = { request in
          request.target.contains("/rag_metrics/") ? Self.allInvalid(request) : .hang
        }
        try await withBigQueryStub(otherwise: script) { bigQuery in
          try await withMirrorDeployment(
            bigQueryURL: bigQuery.url, ["BQ_SYNC_ALERT_WEBHOOK_URL": webhook.url + "/alerts"]
          ) { deployment in
            try await deployment.insertMetrics(990)
            try await search(10, in: deployment)
            try await withServer(deployment.server(roles: "worker")) { process in
              let server = process.server
              try await eventually("ten rows are given up") {
                try await deployment.totals(of: server).failed == 10
              }
              // The limits are reached, and not passed: a look later, nothing has been said.
              try await deployment.insertMetrics(10, prefix: "up-to-the-limit")
              try await seesFigures(pending: 1_000, failed: 10, of: server, in: deployment)
              #expect(try await health(of: server, in: deployment).status == "healthy")
              #expect(webhook.requests.isEmpty)

              try await deployment.insertMetrics(1, prefix: "one-more")
              try await search(1, in: deployment)
              try await eventually("the webhook is told") { !webhook.requests.isEmpty }
              try await seesFigures(pending: 1_001, failed: 11, of: server, in: deployment)
              let told = try #require(webhook.requests.first)
              #expect(told.target == "/alerts")
              let alert = try JSONDecoder().decode(Alert.self, from: Data(told.body))
              #expect(alert.alert == "failed_rows" && alert.failed == 11)
              #expect(!told.text.contains("learner-one"))

              let health = try await health(of: server, in: deployment)
              #expect(health.status == "unhealthy")
              #expect(health.warnings == ["1001 rows wait, more than 1000"])
              #expect(health.problems.contains("11 rows were given up, more than 10"))
              let metrics = try await deployment.metrics(of: server)
              for kind in ["pending_rows", "failed_rows"] {
                #expect(
                  metrics.contains("progressbus_bigquery_alerts_total{kind=\"\(kind)\"} 1"),
                  "\(kind)"
                )
              }
              let log = try String(contentsOfFile: server.logPath, encoding: .utf8)
              let lines = log.split(separator: "\n")
              #expect(
                lines.contains {
                  $0.contains("1001 rows wait for BigQuery") && $0.contains(/warning/.ignoresCase())
                })
              #expect(
                lines.contains {
                  $0.contains("11 rows for BigQuery were given up")
                    && $0.contains(/error/.ignoresCase())
                })
              #expect(!log.contains("learner-one"), "Google's words are not logged")
            }
          }
        }
      }
    }

    private func search(_ count: Int, in deployment: MirrorDeployment) async throws {
      try await deployment.pool.query(
        """
        insert into rag_metrics (session_id, corpus_id)
        select 's', 'books' from generate_series(1, $1::integer)
        """, [.integer(Int64(count))])
    }

    /// Waits until the mirror has looked at these figures, as its metrics show.
    private func seesFigures(
      pending: Int, failed: Int, of server: ServerUnderTest, in deployment: MirrorDeployment
    ) async throws {
      try await eventually(within: .seconds(60), "the figures are looked at") {
        let metrics = try await deployment.metrics(of: server)
        return metrics.contains(
          "progressbus_bigquery_pending{table=\"agent_metrics\"} \(pending)")
          && metrics.contains("progressbus_bigquery_failed{table=\"rag_metrics\"} \(failed)")
      }
    }

    private func health(
      of server: ServerUnderTest, in deployment: MirrorDeployment
    ) async throws -> Health {
      let response = try await deployment.transport.send(
        TransportRequest(.get, server.url + "/api/bq-sync/health"))
      let health = try JSONDecoder().decode(Health.self, from: Data(response.body))
      #expect(response.status == (health.status == "unhealthy" ? 503 : 200))
      return health
    }

    /// BigQuery finds every row of the request invalid, and quotes a learner.
    private static func allInvalid(_ request: RecordedRequest) -> FaultAnswer {
      let rows = request.text.matches(of: /"insertId":/).count
      let errors = (0..<rows).map {
        #"{"index":\#($0),"errors":[{"reason":"invalid","location":"corpus_id","message":"bad value: learner-one"}]}"#
      }
      return .json(200, #"{"kind":"x","insertErrors":[\#(errors.joined(separator: ","))]}"#)
    }
  }
}
