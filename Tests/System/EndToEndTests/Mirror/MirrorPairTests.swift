import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension MirrorEndToEnd {
  /// Two workers that mirror one database.
  @Suite struct MirrorPairTests {
    private static let rounds = 20
    private static let rowsARound = 100
    private static let rows = rounds * rowsARound

    @Test func everyRowIsSentOnceByTwoWorkers() async throws {
      try await withMirrorEmulator { emulator in
        let refusal = Switch()
        var proxy = BigQueryProxy()
        // Rows that BigQuery finds invalid, for as long as it is told to.
        proxy.rewrite = { request in
          guard refusal.isOn else { return request.body }
          return Array(request.text.replacing(#""action": "bad""#, with: #""action": null"#).utf8)
        }
        try await withBigQueryProxy(to: emulator.url, proxy) { bigQuery in
          try await withMirrorDeployment(
            bigQueryURL: bigQuery.url,
            // No call is to end, and no lease to run out, because the machine is busy.
            ["BQ_SYNC_CALL_TIMEOUT_SECONDS": "120", "BQ_SYNC_LEASE_SECONDS": "300"]
          ) { deployment in
            #expect(try await deployment.run("bigquery", "create-tables").status == 0)
            try await withServer(deployment.server(roles: "worker")) { first in
              try await withServer(deployment.server(roles: "worker")) { second in
                let servers = [first.server, second.server]
                try await run(deployment, servers)
                refusal.turnOff()
                try await eventually(within: .seconds(60), "all are synced") {
                  // Again, for rows that were being refused when BigQuery was mended.
                  _ = try await deployment.ask(.post, "retry", of: servers[0])
                  return try await deployment.totals(of: servers[1])
                    == MirrorFigures(
                      enqueued: Self.rows, synced: Self.rows, pending: 0, failed: 0)
                }
              }
            }
            let counted = try await emulator.server.rows(
              "SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM `warehouse.agent_metrics`")
            #expect(
              counted == [["n": .integer(Int64(Self.rows)), "d": .integer(Int64(Self.rows))]])
          }
        }
      }
    }

    /// Puts rows in, of which 2% are bad, and asks both servers for everything all the while.
    private func run(_ deployment: MirrorDeployment, _ servers: [ServerUnderTest]) async throws {
      try await withThrowingTaskGroup(of: Int.self) { group in
        let inserting = Task {
          for round in 0..<Self.rounds {
            try await deployment.pool.query(
              """
              insert into agent_metrics (id, session_id, agent_name, action, timestamp)
              select $1 || number, 's', 'tutor', case when number % 50 = 0 then 'bad' else 'ok' end,
                now() - case when number % 10 = 0 then 61 else 0 end * '1 day'::interval
              from generate_series(1, $2::integer) as number
              """, [.text("r\(round)-"), .integer(Int64(Self.rowsARound))])
            try await Task.sleep(for: .milliseconds(100))
          }
        }
        for server in servers {
          for (method, path) in [
            (HTTPRequest.Method.post, "flush"), (.post, "retry"), (.post, "retention"),
          ] {
            group.addTask {
              var asked = 0
              while try await deployment.totals(of: server).synced < Self.rows * 98 / 100 {
                #expect(try await deployment.ask(method, path, of: server) == 200)
                asked += 1
              }
              return asked
            }
          }
        }
        try await inserting.value
        for try await asked in group { #expect(asked > 0) }
      }
      // Of the old rows, those that BigQuery did not take are still here.
      _ = try await deployment.ask(.post, "retention", of: servers[0])
      #expect(
        try await deployment.number(
          "select count(*) from agent_metrics where timestamp < now() - '60 days'::interval")
          == Self.rows / 50)
    }
  }
}
