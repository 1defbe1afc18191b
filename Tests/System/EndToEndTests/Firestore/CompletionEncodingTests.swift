import LocalStack
import ProgressBusTesting
import Testing

extension FirestoreEndToEnd {
  /// The same completion by polling and by CloudEvent, in each encoding, as rows of BigQuery.
  @Suite struct CompletionEncodingTests {
    private static let count = 20

    /// Of each session four CloudEvents, one an encoding. The document is what Google's own client reads, so
    /// that the event has what the poll sees, the time of its making included.
    private func cloudEvents(_ deployment: FirestoreDeployment) async throws -> [[MadeCloudEvent]] {
      let lines = (0..<Self.count).map { number in
        let name =
          "projects/\(deployment.project)/databases/(default)/documents/users/"
          + "user-\(number % 2)-\(number / 2)/sessions/s\(number / 2)"
        let kind = number % 3 == 0 ? "written" : "updated"
        return #"{"type":"google.cloud.firestore.document.v1.\#(kind)","document":"\#(name)","#
          + #""before":{"status":{"stringValue":"active"}},"emulator":"\#(deployment.host)"}"#
      }
      let events = try await MadeCloudEvent.make(lines.joined(separator: "\n"))
      return stride(from: 0, to: events.count, by: 4).map { Array(events[$0..<($0 + 4)]) }
    }

    @Test func eachEncodingAndPollingInEitherOrderGiveOneRowInBigQuery() async throws {
      try await withMirrorEmulator { emulator in
        try await withBigQueryProxy(to: emulator.url) { bigQuery in
          try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
            let mirror = deployment.mirror
            #expect(try await mirror.run("bigquery", "create-tables").status == 0)
            // Two users have each id; each tenth session does not say when it was completed.
            try await deployment.client("complete", "\(Self.count)", "0")
            let events = try await cloudEvents(deployment)
            #expect(events.count == Self.count && events.allSatisfy { $0.count == 4 })
            let synced = "select count(*) from training_sessions where sync_status = 'synced'"
            try await withServer(mirror.server(roles: "ingest,worker")) { process in
              // Half of them by one CloudEvent each, before anything is polled.
              for number in 0..<10 { try await events[number][number % 4].send(to: process.server) }
              try await eventually(within: .seconds(120), "half are in BigQuery") {
                try await mirror.number(synced) == 10
              }
              try await withServer(mirror.server(roles: "firestore-source")) { _ in
                // The other half by polling first.
                try await eventually(within: .seconds(120), "all are in BigQuery, and told so") {
                  try await deployment.shown().sessions.values.allSatisfy {
                    $0.bigquerySyncStatus == "synced"
                  }
                }
                // And each once more in every encoding.
                for event in events.joined() { try await event.send(to: process.server) }
                try await eventually(within: .seconds(120), "the journal is read") {
                  try await mirror.metrics(of: process.server).contains(
                    #"progressbus_journal_lag{group="postgres"} 0"#)
                }
              }
              #expect(try await mirror.number("select count(*) from training_sessions") == 20)
              #expect(
                try await mirror.number(
                  "select sum(enqueued) from bq_sync_counts where source_table = 'training_sessions'"
                ) == 20)
            }
            let rows = try await emulator.server.rows(
              "select session_id, count(*) as n, count(distinct user_id_hash) as users "
                + "from `warehouse.sessions` where created_at > timestamp '2020-01-01' "
                + "group by session_id order by session_id")
            #expect(
              rows.compactMap { $0["session_id"] } == (0..<10).map { PythonValue.text("s\($0)") })
            #expect(rows.allSatisfy { $0["n"] == 2 && $0["users"] == 2 })
          }
        }
      }
    }
  }
}
