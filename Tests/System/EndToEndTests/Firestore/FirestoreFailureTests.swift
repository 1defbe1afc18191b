import PostgresDriver
import ProgressBusTesting
import Testing

extension FirestoreEndToEnd {
  /// What documents and records of failure say of a row that BigQuery refuses ten times.
  @Suite struct FirestoreFailureTests {
    private static let completed = """
      {"status": "completed", "exerciseType": "squat", "startTime": "2026-03-01T10:00:00+00:00",
        "endTime": "2026-03-01T10:05:00.123456+00:00"}
      """

    private static func refusal(_ reason: String) -> FaultAnswer {
      .json(
        200,
        #"{"kind":"x","insertErrors":[{"index":0,"errors":[{"reason":"\#(reason)","location":"status","message":"no"}]}]}"#
      )
    }

    private func withRefusals(
      _ reason: String,
      _ body: @escaping @Sendable (FirestoreDeployment, FaultServer, Switch) async throws -> Void
    ) async throws {
      let refusing = Switch()
      let refusal = Self.refusal(reason)
      let script: FaultServer.Script = { _ in
        refusing.isOn ? refusal : .json(200, #"{"kind":"x"}"#)
      }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withFirestoreDeployment(bigQueryURL: bigQuery.url) { deployment in
          let process = try deployment.mirror.server(roles: "worker,firestore-source")
          try await withServer(process) { _ in
            try await deployment.change("u", "s", Self.completed)
            try await body(deployment, bigQuery, refusing)
          }
        }
      }
    }

    private func expectResolved(
      _ deployment: FirestoreDeployment, by refusing: Switch
    ) async throws {
      refusing.turnOff()
      #expect(try await deployment.mirror.run("bigquery", "retry").status == 0)
      try await eventually(within: .seconds(120), "it is resolved") {
        let shown = try await deployment.shown()
        return shown.failures.map(\.status) == ["resolved"]
          && shown.sessions["u/s"]?.bigquerySyncStatus == "synced"
      }
    }

    /// The mirror tries by itself, after 1, 2, 4 … 128 s: six minutes, which are made short here.
    @Test func whatTheMirrorTriesTenTimesInVainIsAbandoned() async throws {
      try await withRefusals("backendError") { deployment, bigQuery, refusing in
        var seen: Set<String> = []
        try await eventually(within: .seconds(300), "it is abandoned") {
          try await deployment.mirror.pool.query(
            "update bq_sync_queue set ready_at = now() where claim is null")
          guard let failure = try await deployment.shown().failures.first else { return false }
          seen.insert("\(failure.status) \(failure.retryCount >= 10)")
          return failure.status == "abandoned"
        }
        // Abandoned at ten and not before.
        #expect(seen == ["pending false", "abandoned true"])
        let shown = try await deployment.shown()
        let failure = try #require(shown.failures.first)
        #expect(failure.retryCount == 10 && failure.lastRetryAt != nil && failure.resolvedAt == nil)
        #expect(failure.failureReason == "given up after 10 attempts: backendError")
        let session = try #require(shown.sessions["u/s"])
        #expect(session.bigquerySyncStatus == "failed" && session.bigquerySyncRetryCount == 10)
        #expect(session.bigquerySyncError == failure.failureReason)
        #expect(bigQuery.requests.filter { $0.text.contains("insertId") }.count == 10)
        try await expectResolved(deployment, by: refusing)
      }
    }

    /// What is refused for good is tried again by an operator alone.
    @Test func whatIsRefusedForGoodIsAbandonedAfterTenTries() async throws {
      try await withRefusals("invalid") { deployment, bigQuery, refusing in
        for attempt in 1...10 {
          if attempt > 1 {
            #expect(try await deployment.mirror.run("bigquery", "retry").status == 0)
          }
          try await eventually(within: .seconds(120), "attempt \(attempt) is told") {
            try await deployment.shown().failures.first?.retryCount == attempt
          }
          let failure = try #require(try await deployment.shown().failures.first)
          #expect(failure.status == (attempt < 10 ? "pending" : "abandoned"))
          #expect(failure.failureReason == "invalid: status: no")
        }
        #expect(bigQuery.requests.filter { $0.text.contains("insertId") }.count == 10)
        try await expectResolved(deployment, by: refusing)
      }
    }
  }
}
