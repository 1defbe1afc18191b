import Foundation
import LocalStack
import ProgressBusTesting
import Testing

extension FirestoreEndToEnd {
  @Suite struct FirestoreSourceTests {
    private static let completed = """
      {"status": "completed", "exerciseType": "squat", "startTime": "2026-03-01T10:00:00+00:00",
        "endTime": "2026-03-01T10:05:00.123456+00:00"}
      """

    private static let accepted = FaultAnswer.json(200, #"{"kind":"x"}"#)
    private static let accepting: FaultServer.Script = { _ in accepted }

    private static let untold = "select count(*) from firestore_outcomes where told < change"

    @Test func aThousandCompletionsComeOnceEachWhileTheSourceIsRestarted() async throws {
      try await withBigQueryStub(otherwise: Self.accepting) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let worker = try deployment.mirror.server(roles: "worker")
          let source = try deployment.mirror.server(roles: "firestore-source")
          try await withServer(worker) { _ in
            async let client = deployment.client("complete", "1000", "20")
            for round in 0..<5 {
              try await source.start()
              try await Task.sleep(for: .seconds(2))
              // By signal and by force in turn.
              if round.isMultiple(of: 2) { await source.stop() } else { await source.kill() }
            }
            _ = try await client
            try await withServer(source) { _ in
              try await eventually(within: .seconds(180), "all are stored and sent") {
                try await deployment.mirror.number(
                  "select count(*) from training_sessions where sync_status = 'synced'") == 1_000
              }
              try await eventually(within: .seconds(180), "all documents say so") {
                let sessions = try await deployment.shown().sessions.values
                return sessions.count == 1_000
                  && sessions.allSatisfy { $0.bigquerySyncStatus == "synced" }
              }
              let shown = try await deployment.shown()
              #expect(shown.failures.isEmpty)
              #expect(
                shown.sessions.values.allSatisfy {
                  $0.status == "completed" && $0.bigquerySyncedAt != nil
                    && $0.bigquerySyncError == nil && $0.bigquerySyncRetryCount == 0
                })
              let sent = bigQuery.requests.flatMap {
                $0.text.matches(of: /"insertId":"([^"]*)"/).map { String($0.1) }
              }
              #expect(sent.count == 1_000 && Set(sent).count == 1_000)
              try await eventually(within: .seconds(120), "nothing is left to tell") {
                try await deployment.mirror.number(Self.untold) == 0
              }
              // What is written back tells nobody of a completion.
              let writes = try await deployment.mirror.number(
                "select sum(told) from firestore_outcomes")
              try await Task.sleep(for: .seconds(5))
              #expect(
                try await deployment.mirror.number("select sum(told) from firestore_outcomes")
                  == writes)
              #expect(
                try await deployment.mirror.number("select count(*) from firestore_completions")
                  == 1_000)
            }
          }
        }
      }
    }

    @Test func pollingAndCloudEventsInAnyOrderGiveOneRow() async throws {
      try await withBigQueryStub(otherwise: Self.accepting) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let process = try deployment.mirror.server(roles: "ingest,worker")
          let source = try deployment.mirror.server(roles: "firestore-source")
          try await withServer(process) { process in
            let requests = try await cloudEvents(deployment.project)
            #expect(requests.count == 4)
            let synced = "select count(*) from training_sessions where sync_status = 'synced'"
            // First by CloudEvent, then by polling; and repeated.
            try await deployment.change("u", "s", Self.completed)
            try await sendAll(requests, to: process.server)
            try await eventually(within: .seconds(120), "it is synced") {
              try await deployment.mirror.number(synced) == 1
            }
            try await withServer(source) { _ in
              try await eventually(
                within: .seconds(120), "the source has seen it, and told its document"
              ) {
                try await deployment.shown().sessions["u/s"]?.bigquerySyncStatus == "synced"
              }
              try await sendAll(requests, to: process.server)
              // First by polling.
              try await deployment.change("v", "s", Self.completed)
              try await eventually(within: .seconds(120), "the other is synced") {
                try await deployment.mirror.number(synced) == 2
              }
              try await sendAll(requests, to: process.server)
            }
            try await eventually(within: .seconds(120), "the journal is read") {
              try await deployment.mirror.metrics(of: process.server).contains(
                #"progressbus_journal_lag{group="postgres"} 0"#)
            }
            #expect(
              try await deployment.mirror.number("select count(*) from training_sessions") == 2)
            #expect(
              try await deployment.mirror.number(
                "select sum(enqueued) from bq_sync_counts where source_table = 'training_sessions'")
                == 2)
            let sent = bigQuery.requests.map { $0.text.matches(of: /"insertId"/).count }
            #expect(sent.reduce(0, +) == 2)
          }
        }
      }
    }

    @Test func aRefusedRowIsAFailureThatIsResolvedByARetry() async throws {
      let refusal = Switch()
      let script: FaultServer.Script = { _ in
        guard refusal.isOn else { return Self.accepted }
        return .json(
          200,
          #"{"kind":"x","insertErrors":[{"index":0,"errors":[{"reason":"invalid","location":"status","message":"no such thing"}]}]}"#
        )
      }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let process = try deployment.mirror.server(roles: "worker,firestore-source")
          try await withServer(process) { _ in
            try await deployment.change("u", "s", Self.completed)
            try await eventually(
              within: .seconds(120), "the document says failed, and there is a record"
            ) {
              let shown = try await deployment.shown()
              return shown.sessions["u/s"]?.bigquerySyncStatus == "failed"
                && shown.failures.count == 1
            }
            var shown = try await deployment.shown()
            let failure = try #require(shown.failures.first)
            #expect(failure.userId == "u" && failure.sessionId == "s")
            #expect(failure.status == "pending" && failure.retryCount == 1)
            #expect(failure.resolvedAt == nil && failure.lastRetryAt == nil)
            #expect(failure.failureReason == "invalid: status: no such thing")
            #expect(shown.sessions["u/s"]?.bigquerySyncError == failure.failureReason)
            #expect(shown.sessions["u/s"]?.bigquerySyncRetryCount == 1)

            refusal.turnOff()
            #expect(try await deployment.mirror.run("bigquery", "retry").status == 0)
            try await eventually(within: .seconds(120), "it is resolved") {
              shown = try await deployment.shown()
              return shown.failures.first?.status == "resolved"
                && shown.sessions["u/s"]?.bigquerySyncStatus == "synced"
            }
            #expect(shown.failures.count == 1)
            #expect(shown.failures.first?.resolvedAt != nil)
            #expect(shown.failures.first?.createdAt == failure.createdAt)
            #expect(shown.sessions["u/s"]?.bigquerySyncError == nil)
          }
        }
      }
    }

    @Test func aDeletedSessionStaysDeleted() async throws {
      let outage = Switch()
      let script: FaultServer.Script = { _ in outage.isOn ? .json(503, "{}") : Self.accepted }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let process = try deployment.mirror.server(roles: "worker,firestore-source")
          try await withServer(process) { _ in
            try await deployment.change("u", "s", Self.completed)
            try await deployment.change("v", "s", Self.completed)
            try await eventually(within: .seconds(120), "both are stored") {
              try await deployment.mirror.number("select count(*) from training_sessions") == 2
            }
            try await deployment.client("delete", "u", "s")
            outage.turnOff()
            try await eventually(within: .seconds(120), "the other is told") {
              try await deployment.shown().sessions["v/s"]?.bigquerySyncStatus == "synced"
            }
            try await eventually(within: .seconds(120), "nothing is left to tell") {
              try await deployment.mirror.number(Self.untold) == 0
            }
            let shown = try await deployment.shown()
            #expect(Set(shown.sessions.keys) == ["v/s"])
            #expect(
              try await deployment.mirror.number(
                "select count(*) from training_sessions where sync_status = 'synced'") == 2)
          }
        }
      }
    }

    @Test func aSessionThatIsNoValidEventIsToldSo() async throws {
      try await withBigQueryStub(otherwise: Self.accepting) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let process = try deployment.mirror.server(roles: "worker,firestore-source")
          try await withServer(process) { _ in
            try await deployment.change(
              "u", "s", #"{"status": "completed", "endTime": "2026-03-01T10:05:00+00:00"}"#)
            try await deployment.change("v", "s", Self.completed)
            try await eventually(
              within: .seconds(120), "one is told that it is refused, the other that it is synced"
            ) {
              let sessions = try await deployment.shown().sessions
              return sessions["u/s"]?.bigquerySyncStatus == "failed"
                && sessions["v/s"]?.bigquerySyncStatus == "synced"
            }
            var shown = try await deployment.shown()
            #expect(
              shown.sessions["u/s"]?.bigquerySyncError?.contains("/session/exerciseType") == true)
            #expect(shown.failures.first?.status == "pending")
            // Put right, it is found by the next pass.
            try await deployment.change("u", "s", Self.completed)
            try await eventually(within: .seconds(120), "it is synced, and its record resolved") {
              shown = try await deployment.shown()
              return shown.sessions["u/s"]?.bigquerySyncStatus == "synced"
                && shown.failures.first?.status == "resolved"
            }
            #expect(shown.failures.count == 1)
          }
        }
      }
    }

    /// The completion of `users/u/sessions/s` in all four encodings, by Google's and the CNCF's libraries.
    private func cloudEvents(_ project: String) async throws -> [MadeCloudEvent] {
      let name = "projects/\(project)/databases/(default)/documents/users/u/sessions/s"
      let line = """
        {"type": "google.cloud.firestore.document.v1.updated", "document": "\(name)", "create_time": \
        "2026-03-01T10:00:00Z", "before": {"status": {"stringValue": "active"}}, "after": {"status": \
        {"stringValue": "completed"}, "exerciseType": {"stringValue": "squat"}, "startTime": \
        {"timestampValue": "2026-03-01T10:00:00Z"}, "endTime": {"timestampValue": \
        "2026-03-01T10:05:00.123456Z"}}}
        """
      return try await MadeCloudEvent.make(line)
    }

    private func sendAll(_ requests: [MadeCloudEvent], to server: ServerUnderTest) async throws {
      for request in requests { try await request.send(to: server) }
    }
  }
}
