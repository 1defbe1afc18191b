import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension MirrorEndToEnd {
  /// Rows that BigQuery refused, among the dead letters.
  @Suite struct MirrorDeadLetterTests {
    @Test func refusedRowsAreListedShownReplayedAndPurged() async throws {
      let refusal = Switch()
      let script: FaultServer.Script = { request in
        guard refusal.isOn else { return .json(200, #"{"kind":"x"}"#) }
        let rows = request.text.matches(of: /"insertId":/).count
        let errors = (0..<rows).map {
          #"{"index":\#($0),"errors":[{"reason":"invalid","location":"status","message":"about user-1"}]}"#
        }
        return .json(200, #"{"kind":"x","insertErrors":[\#(errors.joined(separator: ","))]}"#)
      }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
          try await withServer(deployment.server(roles: "worker")) { process in
            let server = process.server
            try await deployment.pool.query(
              """
              insert into training_sessions (session_id, user_id, exercise_type, start_time, status)
              select 't' || number, 'user-1', 'squat', now(), 'completed'
              from generate_series(1, 3) as number
              """)
            try await eventually("all are given up") {
              try await deployment.totals(of: server).failed == 3
            }
            let listed = try await deployment.deadLetters("--sink", "bigquery")
            #expect(listed.map(\.id) == ["bigquery-1", "bigquery-2", "bigquery-3"])
            #expect(listed.allSatisfy { $0.eventID == nil }, "a session is not one event")
            #expect(listed.allSatisfy { $0.reason == "invalid: status" && $0.attempts == 1 })
            #expect(try await deployment.deadLetters().count == 3, "without --sink, too")
            #expect(try await deployment.deadLetters("--reason", "STATUS").count == 3)
            #expect(try await deployment.deadLetters("--sink", "postgres").isEmpty)
            #expect(try await deployment.deadLetters("--reason", "user-1").isEmpty)

            let shown = try await deployment.run("dead-letters", "show", "bigquery-2")
            #expect(shown.status == 0)
            for text in [
              "source_table: training_sessions", "source_key: ", "about user-1",
              #""session_id": "t"#,
            ] {
              #expect(shown.output.contains(text), "\(text)")
            }

            let purged = try await deployment.run("dead-letters", "purge", "--id", "bigquery-2")
            #expect(purged.output == "purged 1\n")
            let again = try await deployment.run("dead-letters", "show", "bigquery-2")
            #expect(
              again.status != 0 && again.output.contains("there is no dead letter bigquery-2"))
            #expect(
              try await deployment.totals(of: server)
                == MirrorFigures(enqueued: 2, synced: 0, pending: 0, failed: 2))

            refusal.turnOff()
            let one = try await deployment.run("dead-letters", "replay", "--id", "bigquery-3")
            #expect(one.output == "replayed 1\n")
            try await eventually("it is synced") {
              try await deployment.totals(of: server)
                == MirrorFigures(enqueued: 2, synced: 1, pending: 0, failed: 1)
            }
            let rest = try await deployment.run(
              "dead-letters", "replay", "--sink", "bigquery", "--all")
            #expect(rest.output == "replayed 1\n")
            try await eventually("both are synced") {
              try await deployment.totals(of: server).synced == 2
            }
            #expect(try await deployment.deadLetters("--sink", "bigquery").isEmpty)

            let wrong = try await deployment.run(
              "dead-letters", "purge", "--sink", "influxdb", "--id", "bigquery-1")
            #expect(wrong.output.contains("bigquery-1 is no letter of sink influxdb"))
          }
        }
      }
    }
  }
}

extension MirrorDeployment {
  /// What `dead-letters list --json` prints.
  fileprivate func deadLetters(_ arguments: String...) async throws -> [DeadLetterLine] {
    let listed = try await run(["dead-letters", "list", "--json"] + arguments)
    try #require(listed.status == 0, "\(listed.output)")
    return try listed.output.split(separator: "\n").map {
      try JSONDecoder().decode(DeadLetterLine.self, from: Data($0.utf8))
    }
  }
}
