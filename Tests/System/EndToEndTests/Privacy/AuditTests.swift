import CurlTransport
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

/// What administrators do, in the audit log of the running program.
@Suite(.tags(.servers)) struct AuditTests {
  @Test func everyActOfCommandsAndRoutesIsNotedOrRefused() async throws {
    try await withMirrorDeployment(
      bigQueryURL: "http://127.0.0.1:1", ["BQ_SYNC_ENABLED": "false"]
    ) { deployment in
      try await withServer(deployment.server(roles: "dashboard")) { process in
        let server = process.server
        func ask(_ method: HTTPRequest.Method, _ path: String) async throws -> Int {
          let request = TransportRequest(
            method, server.url + path, headers: [.contentType: "application/json"],
            body: Array(#"{"all":true}"#.utf8))
          let response = try await deployment.transport.send(request)
          return response.status
        }
        #expect(try await ask(.post, "/api/v1/dead-letters/purge") == 200)
        #expect(try await ask(.post, "/api/v1/dead-letters/replay") == 200)
        #expect(try await ask(.post, "/api/bq-sync/retry") == 200)
        #expect(try await ask(.delete, "/api/bq-sync/failed") == 200)
        #expect(try await ask(.post, "/api/bq-sync/flush") == 409)
        for arguments in [
          ["dead-letters", "purge", "--all"], ["dead-letters", "replay", "--all"],
          ["bigquery", "retry"], ["bigquery", "clear-failed"],
        ] {
          let outcome = try await deployment.run(arguments)
          #expect(outcome.status == 0, "\(arguments): \(outcome.output)")
        }
        let listed = try await deployment.run("audit", "--json")
        let lines = listed.output.split(separator: "\n")
        for (actor, action, outcome) in [
          ("anonymous", "dead-letters.purge", "done"), ("anonymous", "dead-letters.replay", "done"),
          ("anonymous", "bigquery.retry", "done"), ("anonymous", "bigquery.clear-failed", "done"),
          ("anonymous", "bigquery.flush", "failed"), ("user:", "dead-letters.purge", "done"),
          ("user:", "dead-letters.replay", "done"), ("user:", "bigquery.retry", "done"),
          ("user:", "bigquery.clear-failed", "done"),
        ] {
          #expect(
            lines.contains {
              $0.contains(#""actor":"\#(actor)"#) && $0.contains(#""action":"\#(action)""#)
                && $0.contains(#""outcome":"\#(outcome)""#)
            }, "\(actor) \(action): \(listed.output)")
        }

        try await deployment.pool.query("drop table audit_log")
        #expect(try await ask(.post, "/api/bq-sync/retry") == 503)
        let refused = try await deployment.run("bigquery", "retry")
        #expect(refused.status != 0)
        #expect(refused.output.contains("nothing was done"), "\(refused.output)")
      }
    }
  }
}
