import Foundation
import Glibc
import LocalStack
import Logging
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

extension MirrorEndToEnd {
  /// Workers of the mirror that are killed.
  @Suite struct MirrorKillTests {
    private static let rowsARound = 20

    @Test func aKillBetweenAnswerAndCommitLosesNoRow() async throws {
      try await withMirrorEmulator { emulator in
        let trap = Trap()
        var proxy = BigQueryProxy()
        // BigQuery remembers an insertId for a minute or so; this one has forgotten it at once.
        proxy.rewrite = { request in
          Array(request.text.replacing(/"insertId":"[^"]*",/, with: "").utf8)
        }
        proxy.intercept = { request, answer in
          request.target.hasSuffix("/insertAll") ? await trap.spring(answer) : answer
        }
        try await withBigQueryProxy(to: emulator.url, proxy) { bigQuery in
          try await withMirrorDeployment(
            bigQueryURL: bigQuery.url,
            ["BQ_SYNC_BATCH_SIZE": "\(Self.rowsARound)", "BQ_SYNC_LEASE_SECONDS": "2"]
          ) { deployment in
            #expect(try await deployment.run("bigquery", "create-tables").status == 0)
            let process = try deployment.server(roles: "worker")
            for round in 0..<10 {
              try await process.start()
              if round.isMultiple(of: 2) {
                try await killBeforeTheAnswerArrives(process, trap, deployment, round)
              } else {
                try await killBeforeTheCommit(process, trap, deployment, round)
              }
              await process.kill()
            }
            let rows = 10 * Self.rowsARound
            try await withServer(process) { process in
              try await eventually(within: .seconds(60), "all are synced") {
                try await deployment.totals(of: process.server)
                  == MirrorFigures(enqueued: rows, synced: rows, pending: 0, failed: 0)
              }
            }
            let count =
              "SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM `warehouse.agent_metrics"
            #expect(
              try await emulator.server.rows("\(count)_dedup`")
                == [["n": .integer(Int64(rows)), "d": .integer(Int64(rows))]])
            let table = try #require(try await emulator.server.rows("\(count)`").first)
            #expect(table["d"] == .integer(Int64(rows)))
            #expect(table["n"] != table["d"], "the kills left doubles for the view to hide")
          }
        }
      }
    }

    /// BigQuery has the rows, and its answer is on the way.
    private func killBeforeTheAnswerArrives(
      _ process: ServerController<ServerUnderTest>, _ trap: Trap, _ deployment: MirrorDeployment,
      _ round: Int
    ) async throws {
      let identifier = try #require(await process.processIdentifier)
      await trap.arm { _ in
        kill(identifier, SIGKILL)
        return .cut
      }
      try await deployment.insertMetrics(Self.rowsARound, prefix: "r\(round)-")
      try await eventually("the worker is killed") { await trap.hasSprung }
    }

    /// The worker has the answer, and its commit waits for rows that the test has locked.
    private func killBeforeTheCommit(
      _ process: ServerController<ServerUnderTest>, _ trap: Trap, _ deployment: MirrorDeployment,
      _ round: Int
    ) async throws {
      let identifier = try #require(await process.processIdentifier)
      let locker = PostgresPool(
        PostgresConfiguration(url: deployment.databaseURL), size: 1, logger: .init(label: "test"))
      try await locker.withConnection { connection in
        await trap.arm { answer in
          do {
            try await connection.query("begin")
            try await connection.query(
              "select id from bq_sync_queue where claim is not null for update")
          } catch {
            Issue.record(error)
          }
          return answer
        }
        try await deployment.insertMetrics(Self.rowsARound, prefix: "r\(round)-")
        let settling = """
          datname = current_database() and wait_event_type = 'Lock'
            and query like '%bq_sync_settle%' and pid <> pg_backend_pid()
          """
        try await eventually("the commit waits") {
          try await deployment.number("select count(*) from pg_stat_activity where \(settling)") > 0
        }
        kill(identifier, SIGKILL)
        // The server would go on with a statement whose client is gone. A machine that dies takes both.
        #expect(
          try await deployment.number(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where \(settling)") > 0)
        try await eventually("it is gone") {
          try await deployment.number("select count(*) from pg_stat_activity where \(settling)")
            == 0
        }
        try await connection.query("rollback")
      }
      await locker.close()
    }

    /// Does something, once, with the first answer after it was armed.
    private actor Trap {
      typealias Action = @Sendable (FaultAnswer) async -> FaultAnswer

      private var action: Action?
      private(set) var hasSprung = false

      func arm(_ action: @escaping Action) {
        hasSprung = false
        self.action = action
      }

      func spring(_ answer: FaultAnswer) async -> FaultAnswer {
        guard let action else { return answer }
        self.action = nil
        let given = await action(answer)
        hasSprung = true
        return given
      }
    }
  }
}
