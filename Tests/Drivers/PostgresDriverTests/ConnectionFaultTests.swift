import LocalStack
import ProgressBusTesting
import Testing

@testable import PostgresDriver

@Suite(.tags(.servers)) struct ConnectionFaultTests {
  @Test func aHungServerTimesOutAndCostsTheConnection() async throws {
    try await withPostgres { server in
      let connection = try await connect(server.url, statementTimeout: .milliseconds(500))
      await server.pause()
      let start = ContinuousClock.now
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query("select 1")
      }
      #expect(error?.kind == .timedOut)
      #expect(error?.isTransient == true)
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(await !connection.isReady)

      // A new connection meets the same silence, within its own deadline.
      let configuration = PostgresConfiguration(url: server.url, connectTimeout: .milliseconds(300))
      let refused = await #expect(throws: PostgresError.self) {
        try await PostgresConnection.connect(configuration, logger: testLogger)
      }
      #expect(refused?.kind == .timedOut)
      await server.resume()
      let again = try await connect(server.url)
      #expect(try await again.query("select 1 as one").first?.value("one") == 1)
      await again.close()
    }
  }

  @Test func aSlowStatementIsEndedByTheServerAndTheConnectionLives() async throws {
    try await withPostgresDatabase { url in
      let connection = try await connect(url, statementTimeout: .seconds(2))
      try await connection.query("set statement_timeout = 50")
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query("select pg_sleep(60)")
      }
      #expect(error?.sqlState == "57014")
      #expect(error?.isTransient == true)
      #expect(await connection.isReady)
      await connection.close()
    }
  }

  @Test func aCancelledTaskStopsWaiting() async throws {
    try await withPostgresDatabase { url in
      let connection = try await connect(url)
      let task = Task { try await connection.query("select pg_sleep(60)") }
      let watcher = try await connect(url)
      try await eventually {
        try await watcher.query(
          """
          select from pg_stat_activity
          where query = 'select pg_sleep(60)' and state = 'active' and datname = current_database()
          """
        ).rowCount == 1
      }
      task.cancel()
      let error = await #expect(throws: PostgresError.self) { try await task.value }
      #expect(error?.kind == .cancelled)
      #expect(await !connection.isReady)
      await watcher.close()
    }
  }

  @Test func anEndedSessionIsNoticedWithoutAQuestion() async throws {
    try await withPostgresDatabase { url in
      let victim = try await connect(url)
      let killer = try await connect(url)
      let pid: Int = try #require(
        try await victim.query("select pg_backend_pid() as pid").first
      ).value("pid")
      try await killer.query("select pg_terminate_backend($1)", [.integer(Int64(pid))])
      try await eventually { await !victim.isReady }
      let error = await #expect(throws: PostgresError.self) {
        try await victim.query("select 1")
      }
      #expect(error?.isTransient == true)
      await killer.close()
    }
  }

  @Test func refusalsSayWhatIsWrong() async throws {
    try await withPostgresDatabase { url in
      let missing = await #expect(throws: PostgresError.self) {
        try await connect("\(url)_missing")
      }
      #expect(missing?.kind == .connectionFailed)
      #expect(missing?.message.contains("does not exist") == true)
      let nobody = await #expect(throws: PostgresError.self) {
        try await connect("postgresql://127.0.0.1:1/x")
      }
      #expect(nobody?.kind == .connectionFailed)
      let malformed = await #expect(throws: PostgresError.self) {
        try await connect("postgresql://host:notaport/x")
      }
      #expect(malformed?.message.contains("its port is no number") == true)
      let quoted = await #expect(throws: PostgresError.self) {
        try await connect("postgresql://user:secret@[::1/x")
      }
      #expect(quoted?.kind == .connectionFailed)
      #expect(quoted?.description.contains("secret") == false)
    }
  }

  @Test func theSessionIsSetUp() async throws {
    try await withConnection { connection in
      let row = try #require(
        try await connection.query(
          """
          select current_setting('application_name') as name,
            current_setting('statement_timeout') as timeout
          """
        ).first)
      #expect(try row.value("name") == "progressbus")
      #expect(try row.value("timeout") == "18s")
    }
  }

  @Test(
    arguments: [
      (0, ["idle_in_transaction_session_timeout"]),
      (150_018, ["idle_in_transaction_session_timeout"]),
      (169_999, ["idle_in_transaction_session_timeout"]),
      (170_000, ["idle_in_transaction_session_timeout", "transaction_timeout"]),
      (180_006, ["idle_in_transaction_session_timeout", "transaction_timeout"]),
    ] as [(Int32, [String])])
  func aServerIsAskedToLiftTheLimitsThatItKnows(version: Int32, limits: [String]) {
    #expect(PostgresConnection.transactionTimeLimits(serverVersion: version) == limits)
  }

  /// With `transaction_timeout`, too, where the server knows it.
  @Test func aLongTransactionOutlivesTheServersLimits() async throws {
    try await withPostgresDatabase { url in
      let owner = try await connect(url)
      let row = try #require(
        try await owner.query(
          "select current_database() as name, current_setting('server_version_num')::integer as version"
        ).first)
      let name: String = try row.value("name")
      let known = PostgresConnection.transactionTimeLimits(serverVersion: try row.value("version"))
      for limit in known + ["lock_timeout", "statement_timeout"] {
        try await owner.executeScript("alter database \(name) set \(limit) = '100ms'")
      }
      let connection = try await connect(url)
      try await connection.transaction { connection throws(PostgresError) in
        try connection.query("set local statement_timeout = '100ms'")
        try connection.liftTimeLimits()
        try connection.query("select pg_sleep(0.3)")
      }
      #expect(await connection.isReady)
      let setting = try await connection.query("show lock_timeout").first?
        .value("lock_timeout", as: String.self)
      #expect(setting == "100ms")
      await connection.close()
      await owner.close()
    }
  }

  @Test func aTransactionIsAllOrNothing() async throws {
    try await withConnection { connection in
      try await connection.executeScript("create table t (a int primary key)")
      let error = await #expect(throws: PostgresError.self) {
        try await connection.transaction { connection throws(PostgresError) in
          try connection.query("insert into t values (1)")
          try connection.query("insert into t values (1)")
        }
      }
      #expect(error?.sqlState == "23505")
      #expect(try await connection.query("select * from t").rowCount == 0)

      // Committing a failed transaction is an error, not a silent rollback.
      let swallowed = await #expect(throws: PostgresError.self) {
        try await connection.transaction { connection throws(PostgresError) in
          try connection.query("insert into t values (1)")
          _ = try? connection.query("select 1 / 0")
        }
      }
      #expect(swallowed?.sqlState == "25P02")
      #expect(await connection.isReady)
      let value = try await connection.transaction { connection throws(PostgresError) in
        try connection.execute("insert into t values (1)")
      }
      #expect(value == 1)
    }
  }
}
