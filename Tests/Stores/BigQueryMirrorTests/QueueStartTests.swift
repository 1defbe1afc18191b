import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// When rows begin to be queued.
@Suite(.tags(.servers)) struct QueueStartTests {
  /// The tables as the migrations leave them: no mirror has run.
  private static func withTables(_ body: @Sendable (PostgresPool) async throws -> Void) async throws
  {
    try await withPostgresDatabase { url in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      try await Migrations.apply(
        directory: "\(ProjectFolder.path)/sql", to: PostgresConfiguration(url: url), logger: logger)
      let pool = PostgresPool(PostgresConfiguration(url: url), size: 4, logger: logger)
      try await body(pool)
      await pool.close()
    }
  }

  private static let insert = """
    insert into agent_metrics (id, session_id, agent_name, action)
    select $1 || number, 's', 'tutor', 'answer' from generate_series(1, 100) as number
    """

  private static func counts(_ pool: PostgresPool) async throws -> [Int] {
    let row = try await pool.query(
      """
      select (select count(*) from bq_sync_queue) as queued,
        (select count(distinct source_key) from bq_sync_queue) as keys,
        (select sum(enqueued) from bq_sync_counts)::bigint as enqueued,
        (select sum(pending) from bq_sync_counts)::bigint as pending
      """
    ).first
    return try ["queued", "keys", "enqueued", "pending"].map { try #require(row).value($0) }
  }

  @Test func nothingIsQueuedBeforeTheFirstStartAndEverythingAfterIt() async throws {
    try await Self.withTables { pool in
      try await pool.query(Self.insert, ["a"])
      #expect(try await Self.counts(pool) == [0, 0, 0, 0])
      let triggers = try await pool.query(
        "select from pg_trigger where not tgisinternal and tgname = 'bq_sync_enqueue'")
      #expect(triggers.rowCount == 0)

      // Two processes that start at once, while a third one writes.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { try await MirrorStore(pool: pool).startQueues() } }
        group.addTask { try await pool.query(Self.insert, ["b"]) }
        try await group.waitForAll()
      }
      #expect(try await Self.counts(pool) == [200, 200, 200, 200])
      try await pool.query(Self.insert, ["c"])
      try await MirrorStore(pool: pool).startQueues()
      #expect(try await Self.counts(pool) == [300, 300, 300, 300])
    }
  }

  @Test func aFirstStartHoldsNoWriterUp() async throws {
    try await Self.withTables { pool in
      try await pool.query(Self.insert, ["a"])
      let writer = try await PostgresConnection.connect(
        pool.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      try await writer.query("begin")
      try await writer.query(Self.insert, ["b"])
      let start = Task { try await MirrorStore(pool: pool).startQueues() }
      try await eventually("the start has begun") {
        let queued = try await Self.counts(pool)[0]
        let isWaiting = try await Self.isWaiting(pool)
        return queued > 0 || isWaiting
      }
      // Behind a start that waits for the writer, these would wait as long as it does.
      for prefix in ["c", "d", "e"] { try await pool.query(Self.insert, [.text(prefix)]) }
      try await writer.query("commit")
      try await start.value
      try await pool.query(Self.insert, ["f"])
      #expect(try await Self.counts(pool) == [600, 600, 600, 600])
      await writer.close()
    }
  }

  private static func isWaiting(_ pool: PostgresPool) async throws -> Bool {
    try await pool.query(
      """
      select from pg_locks where not granted and relation = 'agent_metrics'::regclass
        and database = (select oid from pg_database where datname = current_database())
      """
    ).rowCount > 0
  }

  /// The server's limits on transactions are far shorter than it takes to look at all rows.
  @Test func whatWasStoredBeforeIsQueuedOnceWhileOthersWrite() async throws {
    try await Self.withTables { pool in
      let row = try #require(
        try await pool.query(
          "select current_database() as name, current_setting('server_version_num')::integer as version"
        ).first)
      let limit: String =
        try row.value("version", as: Int.self) >= 170_000
        ? "transaction_timeout" : "idle_in_transaction_session_timeout"
      try await pool.query(
        """
        insert into agent_metrics (id, session_id, agent_name, action)
        select number::text, 's', 'tutor', 'answer' from generate_series(1, 25000) as number
        """)
      try await pool.query(
        """
        insert into progress_events (event_id, occurred_at, received_at, event_type, course_id,
          student_id, notebook_path)
        select gen_random_uuid(), now(), now(), 'help', 'c', 's', 'n' from generate_series(1, 20000)
        """)
      try await pool.query("update agent_metrics set synced_to_bq = true where id like '%00'")
      try await pool.query(
        "alter database \(try row.value("name", as: String.self)) set \(limit) = '300ms'")
      let limited = PostgresPool(
        pool.configuration, size: 4, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      )
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { try await MirrorStore(pool: limited).startQueues() } }
        group.addTask {
          for number in 0..<20 { try await pool.query(Self.insert, [.text("x\(number)-")]) }
        }
        try await group.waitForAll()
      }
      let expected = 25_000 - 250 + 2_000 + 20_000
      #expect(try await Self.counts(pool) == [expected, expected, expected, expected])
      #expect(try await pool.query("select from bq_sync_backfills").rowCount == 0)
      await limited.close()
    }
  }

  @Test func aQueueThatWasStoppedTakesUpWhatItMissed() async throws {
    try await Self.withTables { pool in
      try await MirrorStore(pool: pool).startQueues()
      try await pool.query(Self.insert, ["a"])
      try await pool.query("select bq_sync_stop_queue(source_table) from bq_sync_registry")
      try await pool.query(Self.insert, ["b"])
      #expect(try await Self.counts(pool) == [100, 100, 100, 100])
      try await MirrorStore(pool: pool).startQueues()
      #expect(try await Self.counts(pool) == [200, 200, 200, 200])
    }
  }
}
