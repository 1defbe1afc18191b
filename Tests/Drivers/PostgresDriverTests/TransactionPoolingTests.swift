import PostgresDriver
import ProgressBusTesting
import Testing

/// Through a real pgbouncer in transaction mode.
@Suite(.tags(.servers)) struct TransactionPoolingTests {
  private func configuration(
    _ url: String, _ settings: [String: String] = [:], statementTimeout: Duration = .seconds(20)
  ) -> PostgresConfiguration {
    var configuration = PostgresConfiguration(
      url: url, statementTimeout: statementTimeout, settings: settings)
    configuration.pooling = .transaction
    return configuration
  }

  @Test func manyConnectionsShareFewSessions() async throws {
    try await withPooledDatabase { url, direct in
      let database = try await connect(direct)
      try await database.executeScript("create table notes (writer int, note bigint)")
      let pool = PostgresPool(configuration(url), size: 20, logger: testLogger)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<20 {
          group.addTask {
            for note in 0..<10 {
              try await pool.query(
                "insert into notes values ($1, $2)",
                [.integer(Int64(writer)), .integer(Int64(note))])
              try await pool.transaction { connection throws(PostgresError) in
                try connection.query("select set_config('timezone', 'Asia/Tokyo', true)")
                let zone = try connection.query("select current_setting('timezone') as zone").first
                guard try zone?.value("zone") == "Asia/Tokyo" else {
                  throw PostgresError(.invalidResult, "a transaction moved to another session")
                }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      await pool.close()
      let counted = try await database.query(
        "select count(distinct (writer, note)) as n from notes")
      #expect(try counted.first?.value("n") == 200)
      let sessions = try await database.query(
        """
        select count(*) filter (where pid <> pg_backend_pid()) as n from pg_stat_activity
        where datname = current_database()
        """)
      let number: Int? = try sessions.first?.value("n")
      #expect(number.map { (1...2).contains($0) } == true)
      await database.close()
    }
  }

  @Test func settingsAreThoseOfTheConnectionWhoeverHadTheSessionBefore() async throws {
    try await withPooledDatabase(sessions: 1) { url, _ in
      let reader = try await PostgresConnection.connect(
        configuration(
          url,
          [
            "default_transaction_read_only": "on", "TimeZone": "Asia/Tokyo",
            "default_transaction_isolation": "repeatable read", "progressbus.note": "it's",
          ]), logger: testLogger)
      let writer = try await PostgresConnection.connect(
        configuration(url, statementTimeout: .seconds(10)), logger: testLogger)
      let question = """
        select concat_ws(', ', current_setting('transaction_read_only'),
          current_setting('transaction_isolation'), current_setting('TimeZone') = 'Asia/Tokyo',
          current_setting('statement_timeout'), current_setting('progressbus.note', true) = 'it''s') as answer
        """
      for _ in 0..<3 {
        let read = try await reader.query(question).first
        #expect(try read?.value("answer") == "on, repeatable read, t, 18s, t")
        let written = try await writer.query(question).first
        #expect(try written?.value("answer") == "off, read committed, f, 9s, f")
      }
      let refused = await #expect(throws: PostgresError.self) {
        try await reader.query("create table t ()")
      }
      #expect(refused?.sqlState == "25006")
      try await writer.query("create table t ()")
      await reader.close()
      await writer.close()
    }
  }

  @Test func aFailedTransactionLeavesNothingBehind() async throws {
    try await withPooledDatabase(sessions: 1) { url, _ in
      let connection = try await PostgresConnection.connect(
        configuration(url, statementTimeout: .seconds(1)), logger: testLogger)
      try await connection.query("create table t (a int primary key)")
      let double = await #expect(throws: PostgresError.self) {
        try await connection.transaction { connection throws(PostgresError) in
          try connection.query("insert into t values (1)")
          try connection.query("insert into t values (1)")
        }
      }
      #expect(double?.sqlState == "23505")
      let slow = await #expect(throws: PostgresError.self) {
        try await connection.query("select pg_sleep(5)")
      }
      #expect(slow?.sqlState == "57014", "the server's limit ends it, and the connection stays")
      #expect(await connection.isReady)
      let left = try await connection.query("select count(*) as n from t")
      #expect(try left.first?.value("n") == 0)
      await connection.close()
    }
  }

  @Test func aSettingThatIsNoneIsReported() async throws {
    try await withPooledDatabase { url, _ in
      for name in ["no_such_setting", "default_transaction_none such"] {
        let connection = try await PostgresConnection.connect(
          configuration(url, [name: "1"]), logger: testLogger)
        let error = await #expect(throws: PostgresError.self) {
          try await connection.query("select 1")
        }
        #expect(error?.category == .statementOrAccess)
        await connection.close()
      }
    }
  }
}
