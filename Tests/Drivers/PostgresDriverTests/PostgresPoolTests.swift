import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers)) struct PostgresPoolTests {
  @Test func connectionsAreReusedAndNeverExceedTheSize() async throws {
    try await withPostgresDatabase { url in
      let pool = PostgresPool(
        PostgresConfiguration(url: url), size: 3, waitTimeout: .seconds(60), logger: testLogger)
      let sessions = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<60 {
          group.addTask {
            let rows = try await pool.query("select pg_backend_pid() as pid, pg_sleep(0.002)")
            return try rows.first?.value("pid") ?? 0
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect((1...3).contains(sessions.count))
      await pool.close()
    }
  }

  @Test func waitingEndsWithAClearError() async throws {
    try await withPostgresDatabase { url in
      let pool = PostgresPool(
        PostgresConfiguration(url: url), size: 1, waitTimeout: .milliseconds(50), logger: testLogger
      )
      try await pool.withConnection { _ in
        let error = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
        #expect(error?.kind == .poolExhausted)
        let waiting = Task { try await pool.query("select 1") }
        waiting.cancel()
        await #expect(throws: PostgresError.self) { try await waiting.value }
      }
      // The place came back.
      try await pool.query("select 1")
      await pool.close()
      let error = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
      #expect(error?.message == "the pool is closed")
    }
  }

  @Test func brokenAndHalfUsedConnectionsAreNotHandedOut() async throws {
    try await withPostgres { server in
      let pool = PostgresPool(PostgresConfiguration(url: server.url), size: 1, logger: testLogger)
      try await pool.withConnection { try await $0.executeScript("begin; create table t (a int)") }
      // The server ends a closed connection's process by and by.
      try await eventually("the transaction ends") {
        let open = try await pool.query(
          "select from pg_stat_activity where state = 'idle in transaction'")
        return open.rowCount == 0
      }
      #expect(try await pool.query("select from pg_tables where tablename = 't'").rowCount == 0)

      await server.stop()
      let down = await #expect(throws: PostgresError.self) { try await pool.query("select 1") }
      #expect(down?.isTransient == true)
      try await server.start()
      #expect(try await pool.query("select 1").rowCount == 1)
      await pool.close()
    }
  }

  /// A setting of the database is taken over by new sessions alone, as the state of a server behind an
  /// address is: an old session keeps what it began with.
  @Test(
    arguments: [
      ("default_transaction_read_only = on", "25006"), ("role = pg_monitor", "42501"),
      ("search_path = nowhere", "42P01"),
    ])
  func sessionsThatAreOutOfDateAreReplaced(setting: String, sqlState: String) async throws {
    try await withPostgresDatabase { url in
      let owner = try await connect(url)
      try await owner.executeScript("create table t (a integer)")
      let name =
        try await owner.query("select current_database() as name").first?.value("name")
        ?? ""
      try await owner.executeScript("alter database \(name) set \(setting)")
      let pool = PostgresPool(PostgresConfiguration(url: url), size: 3, logger: testLogger)
      // Three sessions with the old setting.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { try await pool.query("select pg_sleep(0.3)") } }
        try await group.waitForAll()
      }
      try await owner.executeScript(
        "alter database \(name) reset \(setting.prefix { $0 != " " })")
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction { connection throws(PostgresError) in
          try connection.execute("insert into t values (1)")
        }
      }
      #expect(error?.sqlState == sqlState)
      for _ in 0..<3 {
        let count = try await pool.transaction { connection throws(PostgresError) in
          try connection.execute("insert into t values (1)")
        }
        #expect(count == 1)
      }
      await pool.close()
      await owner.close()
    }
  }

  @Test func whatIsWrongWithTheDataCostsNoSession() async throws {
    try await withPostgresDatabase { url in
      let pool = PostgresPool(PostgresConfiguration(url: url), size: 1, logger: testLogger)
      @Sendable func session() async throws -> Int {
        try await #require(pool.query("select pg_backend_pid() as pid").first).value("pid")
      }
      let before = try await session()
      await #expect(throws: PostgresError.self) { try await pool.query("select 'x'::integer") }
      let kept = try await session()
      #expect(kept == before)
      await #expect(throws: PostgresError.self) { try await pool.query("select * from missing") }
      let replaced = try await session()
      #expect(replaced != before)
      await pool.close()
    }
  }
}
