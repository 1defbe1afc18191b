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
