public import DeadLetters
import Events
import PostgresDriver

/// What BigQuery refused is listed, replayed and purged with the dead letters of the other sinks.
extension MirrorController: RefusedRowStore {
  /// - Throws: `PostgresError`.
  public func refusedRows(
    after number: Int64, limit: Int, reason: String?
  ) async throws -> [RefusedRow] {
    try await store.failures(after: number, limit: limit, reason: reason)
  }

  /// - Throws: `PostgresError`.
  public func refusedRow(_ number: Int64) async throws -> RefusedRowContent? {
    try await store.failure(number)
  }

  /// - Throws: `PostgresError`.
  public func replayRefusedRows(_ numbers: [Int64]) async throws -> Int {
    try await retry(numbers).requeued
  }

  /// - Throws: `PostgresError`.
  public func purgeRefusedRows(_ numbers: [Int64]) async throws -> Int {
    try await clearFailed(numbers).cleared
  }
}

extension MirrorStore {
  /// Tables whose rows are one event each, with its id for a key (`sql/0001`, `sql/0105`).
  private static let tablesOfEvents = [
    "progress_events", "agent_metrics", "emotion_analysis", "rag_metrics", "detection_logs",
    "is21_logs",
  ]
  /// Of each failure that is open and not on the queue.
  private static let columns = """
    failure.id, failure.source_table, failure.attempts, failure.public_reason,
      case when failure.source_table in ('\(tablesOfEvents.joined(separator: "', '"))')
        then failure.source_key end as event_id,
      (extract(epoch from case when isfinite(failure.created_at) then failure.created_at
        else 'epoch' end) * 1000000)::bigint as created_at
    """
  private static let isOpen = "failure.status = 'pending' and not failure.is_on_queue"

  /// Failures that wait for an operator, oldest first.
  func failures(after id: Int64, limit: Int, reason: String?) async throws -> [RefusedRow] {
    try await pool.query(
      """
      select \(Self.columns) from bq_sync_failures as failure
      where \(Self.isOpen) and failure.id > $1::bigint
        and ($3::text is null or position(lower($3::text) in lower(failure.public_reason)) > 0)
      order by failure.id limit $2::bigint
      """, [.integer(id), .integer(Int64(limit)), .text(reason)]
    ).rows.map(Self.failure)
  }

  /// One failure and its row.
  func failure(_ id: Int64) async throws -> RefusedRowContent? {
    let row = try await pool.query(
      """
      select \(Self.columns), failure.source_key, failure.reason,
        bq_sync_failed_document(failure) as document
      from bq_sync_failures as failure where \(Self.isOpen) and failure.id = $1::bigint
      """, [.integer(id)]
    ).first
    return try row.map { row in
      RefusedRowContent(
        row: try Self.failure(row), sourceKey: try row.value("source_key"),
        fullReason: try row.value("reason"), document: try row.optional("document"))
    }
  }

  /// Puts failures back on the queue; returns how many.
  ///
  /// - Parameter ids: nil for all.
  func retryFailures(_ ids: [Int64]?) async throws -> Int {
    try await number(
      "select bq_sync_retry_failures($1::bigint[]) as number", [.text(ids.map(Self.array))])
  }

  /// Forgets failures; returns how many.
  ///
  /// - Parameter ids: nil for all.
  func clearFailures(_ ids: [Int64]?) async throws -> Int {
    try await number(
      "select bq_sync_clear_failures($1::bigint[]) as number", [.text(ids.map(Self.array))])
  }

  private static func failure(_ row: PostgresRow) throws -> RefusedRow {
    let eventID: String? = try row.optional("event_id")
    return RefusedRow(
      number: try row.value("id"), sourceTable: try row.value("source_table"),
      eventID: eventID.flatMap { EventID($0) }, attempts: try row.value("attempts"),
      reason: try row.value("public_reason"),
      refusedAt: Timestamp(microseconds: try row.value("created_at")))
  }
}
