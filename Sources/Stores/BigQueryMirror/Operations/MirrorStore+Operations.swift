import PostgresDriver

extension MirrorStore {
  /// The figures of every table, from one snapshot. Costs the same however long the queue is.
  func status(enabled: Bool) async throws -> MirrorStatus {
    let rows = try await pool.query(
      """
      select counts.source_table, counts.enqueued, counts.synced, counts.pending, counts.failed,
        extract(epoch from now() - oldest.enqueued_at)::double precision as oldest_pending_seconds,
        bq_timestamp(totals.last_success_at) as last_success_at, totals.last_error,
        bq_timestamp(totals.last_error_at) as last_error_at
      from bq_sync_counts as counts
      left join bq_sync_totals as totals using (source_table)
      left join lateral (
        select enqueued_at from bq_sync_queue as queue
        where queue.source_table = counts.source_table order by id limit 1
      ) as oldest on true
      order by counts.source_table
      """
    ).rows
    return MirrorStatus(
      enabled: enabled,
      tables: try rows.map { row in
        MirrorStatus.Table(
          sourceTable: try row.value("source_table"), enqueued: try row.value("enqueued"),
          synced: try row.value("synced"), pending: try row.value("pending"),
          failed: try row.value("failed"),
          oldestPendingSeconds: try row.optional("oldest_pending_seconds"),
          lastSuccessAt: try row.optional("last_success_at"),
          lastError: try row.optional("last_error"),
          lastErrorAt: try row.optional("last_error_at"))
      })
  }

  /// Adds up the ledger of figures.
  func fold() async throws {
    try await pool.query("select bq_sync_fold()")
  }

  /// - Parameter ids: nil for all.
  func retryFailures(_ ids: [Int64]?) async throws -> Int {
    try await number(
      "select bq_sync_retry_failures($1::bigint[]) as number", [.text(ids.map(Self.array))])
  }

  /// - Parameter ids: nil for all.
  func clearFailures(_ ids: [Int64]?) async throws -> Int {
    try await number(
      "select bq_sync_clear_failures($1::bigint[]) as number", [.text(ids.map(Self.array))])
  }

  /// Deletes mirrored rows of one table that are old, at most `limit` of them.
  func expire(_ table: String, days: Int, limit: Int) async throws -> Int {
    try await number(
      "select bq_sync_expire($1, now() - $2::integer * '1 day'::interval, $3::integer) as number",
      [.text(table), .integer(Int64(days)), .integer(Int64(limit))])
  }

  private func number(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int {
    guard let row = try await pool.query(sql, parameters).first else { return 0 }
    return try row.value("number")
  }
}
