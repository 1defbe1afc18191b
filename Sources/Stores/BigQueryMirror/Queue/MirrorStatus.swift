import PostgresDriver

/// The figures of the mirror. In each row and in the totals, enqueued = synced + pending + failed.
public struct MirrorStatus: Sendable, Encodable, Equatable {
  public struct Table: Sendable, Encodable, Equatable {
    public let sourceTable: String
    public let enqueued: Int
    public let synced: Int
    public let pending: Int
    public let failed: Int
    /// How long the oldest row has waited; nil when none waits.
    public let oldestPendingSeconds: Double?
    /// RFC 3339, in UTC.
    public let lastSuccessAt: String?
    /// The last error, without values of rows. Stays when later calls succeed.
    public let lastError: String?
    public let lastErrorAt: String?

    enum CodingKeys: String, CodingKey {
      case sourceTable = "source_table"
      case enqueued, synced, pending, failed
      case oldestPendingSeconds = "oldest_pending_seconds"
      case lastSuccessAt = "last_success_at"
      case lastError = "last_error"
      case lastErrorAt = "last_error_at"
    }

    /// Members without a value are written as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(sourceTable, forKey: .sourceTable)
      try container.encode(enqueued, forKey: .enqueued)
      try container.encode(synced, forKey: .synced)
      try container.encode(pending, forKey: .pending)
      try container.encode(failed, forKey: .failed)
      try container.encode(oldestPendingSeconds, forKey: .oldestPendingSeconds)
      try container.encode(lastSuccessAt, forKey: .lastSuccessAt)
      try container.encode(lastError, forKey: .lastError)
      try container.encode(lastErrorAt, forKey: .lastErrorAt)
    }
  }

  public struct Totals: Sendable, Encodable, Equatable {
    public let enqueued: Int
    public let synced: Int
    public let pending: Int
    public let failed: Int
  }

  public let enabled: Bool
  public let state: MirrorState
  public let tables: [Table]
  public let totals: Totals

  private enum CodingKeys: String, CodingKey {
    case enabled, state, reason, since, tables, totals
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(enabled, forKey: .enabled)
    try container.encode(state.kind, forKey: .state)
    try container.encode(state.reason, forKey: .reason)
    try container.encode(state.since, forKey: .since)
    try container.encode(tables, forKey: .tables)
    try container.encode(totals, forKey: .totals)
  }

  init(enabled: Bool, state: MirrorState, tables: [Table]) {
    self.enabled = enabled
    self.state = state
    self.tables = tables
    totals = Totals(
      enqueued: tables.reduce(0) { $0 + $1.enqueued }, synced: tables.reduce(0) { $0 + $1.synced },
      pending: tables.reduce(0) { $0 + $1.pending }, failed: tables.reduce(0) { $0 + $1.failed })
  }

  /// How long the oldest row of all tables has waited.
  var oldestPendingSeconds: Double {
    tables.compactMap(\.oldestPendingSeconds).max() ?? 0
  }
}

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
      enabled: enabled, state: enabled ? try await state() : MirrorState(kind: .off),
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

  func number(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int {
    guard let row = try await pool.query(sql, parameters).first else { return 0 }
    return try row.value("number")
  }
}
