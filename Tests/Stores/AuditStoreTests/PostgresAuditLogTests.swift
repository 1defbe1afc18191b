import AuditStore
import Logging
import Observability
import PostgresDriver
import ProgressBusTesting
import Testing

/// The audit log on a real PostgreSQL.
@Suite(.tags(.servers)) struct PostgresAuditLogTests {
  private struct Refused: Error {}

  @Test func everyActIsThereWithWhoWhatAndHowMany() async throws {
    try await withAuditLog { log, _ in
      let purged = try await AuditActor.$current.withValue(.token(subject: "ada")) {
        try await log.record(
          AuditedAct("dead-letters.purge", target: "sink postgres"), count: { $0 }
        ) { 17 }
      }
      #expect(purged == 17)
      await #expect(throws: Refused.self) {
        try await log.record(
          AuditedAct("bigquery.retry", by: .user(name: "root")), count: { (_: Int) in 0 }
        ) { throw Refused() }
      }
      _ = try await log.begin(AuditedAct("bigquery.flush", by: .anonymous(address: "127.0.0.1")))

      let entries = try await log.entries(AuditFilter())
      #expect(entries.map(\.actor) == ["token:ada", "user:root", "anonymous:127.0.0.1"])
      #expect(entries.map(\.action) == ["dead-letters.purge", "bigquery.retry", "bigquery.flush"])
      #expect(entries.map(\.outcome) == [.done, .failed, .begun])
      #expect(entries.map(\.count) == [17, nil, nil])
      #expect(entries.map(\.target) == ["sink postgres", nil, nil])
      #expect(entries[1].detail == "Refused")
      #expect(try await log.entries(AuditFilter(action: "bigquery")).count == 2)
      #expect(try await log.entries(AuditFilter(action: "dead-letters.purge")).count == 1)
      #expect(try await log.entries(AuditFilter(action: "dead")).isEmpty)
      #expect(try await log.entries(AuditFilter(actor: "user:root")).count == 1)
      #expect(try await log.entries(AuditFilter(since: "2000-01-01", until: "2000-01-02")).isEmpty)
      #expect(try await log.entries(AuditFilter(limit: 1)).map(\.action) == ["bigquery.flush"])
    }
  }

  @Test(arguments: [
    "update audit_log set actor = 'nobody'", "delete from audit_log", "truncate audit_log",
    "set session_replication_role = replica; delete from audit_log",
  ])
  func rowsAreNeverChanged(statement: String) async throws {
    try await withAuditLog { log, pool in
      _ = try await log.begin(AuditedAct("erase", target: "learner 1", by: .user(name: "root")))
      await #expect {
        try await pool.withConnection { try await $0.executeScript(statement) }
      } throws: { error in
        (error as? PostgresError)?.message == "rows of audit_log are never changed or deleted"
      }
      #expect(try await log.entries(AuditFilter()).count == 1)
    }
  }

  @Test func anActThatCannotBeWrittenDownIsNotDone() async throws {
    try await withPostgresDatabase { database in
      let pool = PostgresPool(
        PostgresConfiguration(url: database),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let log = PostgresAuditLog(pool: pool)
      await #expect(throws: AuditError("the table is not there; run `progressbus migrate`")) {
        try await log.record(AuditedAct("erase", by: .user(name: "root")), count: { $0 }) {
          Issue.record("it was done")
          return 1
        }
      }
      await pool.close()
      await #expect(throws: AuditError.self) {
        _ = try await log.begin(AuditedAct("erase", by: .user(name: "root")))
      }
    }
  }
}

private func withAuditLog(
  _ body: @Sendable (PostgresAuditLog, PostgresPool) async throws -> Void
) async throws {
  try await withPostgresDatabase { database in
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let configuration = PostgresConfiguration(url: database)
    try await Migrations.apply(
      directory: ProjectFolder.path + "/sql", to: configuration, logger: logger)
    let pool = PostgresPool(configuration, logger: logger)
    do {
      try await body(PostgresAuditLog(pool: pool), pool)
    } catch {
      await pool.close()
      throw error
    }
    await pool.close()
  }
}
