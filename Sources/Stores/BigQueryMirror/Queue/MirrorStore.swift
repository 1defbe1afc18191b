import Foundation
import PostgresDriver

/// The queue in PostgreSQL. Each method is one statement, so that no transaction stays open while
/// BigQuery answers.
struct MirrorStore: Sendable {
  let pool: PostgresPool
  /// Source tables that the operator wants to know learners by pseudonym.
  var pseudonymizedTables: Set<String> = []

  /// The mirrored tables, by name.
  func tables() async throws -> [MirroredTable] {
    let rows = try await pool.query(
      """
      select source_table, dataset, bigquery_table, insert_id_form, id_column, scope_column,
        version_column, partition_column, partition_expiration_days, requires_partition_filter,
        to_json(clustering) as clustering, to_json(pseudonymised_columns) as pseudonymised_columns,
        schema_fields
      from bq_sync_registry order by source_table
      """
    ).rows
    return try rows.map { row in
      let schema: String? = try row.optional("schema_fields")
      let sourceTable: String = try row.value("source_table")
      let pseudonymisedColumns = try names(row, "pseudonymised_columns")
      return MirroredTable(
        sourceTable: sourceTable, dataset: try row.optional("dataset"),
        table: try row.value("bigquery_table"), insertIDForm: try row.value("insert_id_form"),
        idColumn: try row.value("id_column"), scopeColumn: try row.optional("scope_column"),
        versionColumn: try row.optional("version_column"),
        partitionColumn: try row.value("partition_column"),
        partitionExpirationDays: try row.optional("partition_expiration_days"),
        requiresPartitionFilter: try row.value("requires_partition_filter"),
        clustering: try names(row, "clustering"),
        pseudonymisedColumns: pseudonymisedColumns,
        schemaFields: try schema.map {
          try JSONDecoder().decode([TableField].self, from: Data($0.utf8))
        },
        pseudonymRules: PseudonymRules.rules(
          for: sourceTable, wanted: pseudonymizedTables,
          pseudonymisedColumns: pseudonymisedColumns))
    }
  }

  private func names(_ row: PostgresRow, _ column: String) throws -> [String] {
    let text: String = try row.value(column)
    return try JSONDecoder().decode([String].self, from: Data(text.utf8))
  }

  /// Has new rows queued from now on, and those that were stored before the mirror first started: of
  /// each table once. That may be all there is, so it takes its time, and holds no writer up.
  func startQueues() async throws {
    let waiting = try await pool.query(
      "select source_table from bq_sync_registry where not bq_sync_has_queue(source_table) order by 1"
    ).rows
    for row in waiting { try await startQueue(try row.value("source_table")) }
    let begun = try await pool.query("select source_table from bq_sync_backfills order by 1").rows
    for row in begun {
      let table: String = try row.value("source_table")
      while try await backfill(table) {}
    }
  }

  /// Tries until there is a moment in which nobody writes.
  private func startQueue(_ table: String) async throws {
    while true {
      do {
        try await pool.query("select bq_sync_start_queue($1)", [.text(table)])
        return
      } catch  where error.isOutOfTime {
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// Queues rows of the next keys; returns whether there are more.
  private func backfill(_ table: String) async throws -> Bool {
    try await pool.transaction { connection throws(PostgresError) in
      try connection.liftTimeLimits()
      let step = try connection.query(
        "select bq_sync_backfill($1, $2::integer) as is_more",
        [.text(table), .integer(Self.backfillStep)], timeout: .seconds(3600))
      return try step.first?.value("is_more") ?? false
    }
  }

  /// Keys that are looked at in one transaction: a second, if they are long and the queue is.
  private static let backfillStep: Int64 = 10_000

  /// Tables with rows that can be taken.
  ///
  /// - Parameter limit: rows are counted up to this.
  func readiness(limit: Int) async throws -> [TableReadiness] {
    try await pool.query(
      """
      select source_table, ready.row_count, ready.has_tried,
        extract(epoch from now() - ready.oldest)::double precision as waited
      from bq_sync_registry as registry
      cross join lateral (
        select count(*) as row_count, min(ready_at) as oldest,
          bool_or(claim is not null or attempts > 0 or last_error is not null
            or failure_id is not null) as has_tried
        from (
          select ready_at, claim, attempts, last_error, failure_id
          from bq_sync_queue as queue
          where queue.source_table = registry.source_table and ready_at <= now()
          order by ready_at limit $1::bigint
        ) as head
      ) as ready
      where ready.row_count > 0
      """, [.integer(Int64(limit))]
    ).rows.map { row in
      TableReadiness(
        sourceTable: try row.value("source_table"), rowCount: try row.value("row_count"),
        hasTriedRows: try row.value("has_tried"),
        waited: .seconds(try row.value("waited", as: Double.self)))
    }
  }

  /// In how long a call to BigQuery may begin, which is then counted.
  func admitCall(callsPerSecond: Int) async throws -> Duration {
    let row = try await pool.query(
      "select bq_sync_admit_call($1::integer) as wait", [.integer(Int64(callsPerSecond))]
    ).first
    return .seconds(try row?.value("wait", as: Double.self) ?? 0)
  }

  /// Takes rows that are ready; fewer than `limit` when so many take too long.
  func claim(
    _ table: String, token: UUID, limit: Int, lease: Duration
  ) async throws -> [ClaimedRow] {
    do {
      return try await claimAtOnce(table, token: token, limit: limit, lease: lease)
    } catch  where error.isOutOfTime && limit > 1 {
      return try await claim(table, token: token, limit: limit / 2, lease: lease)
    }
  }

  private func claimAtOnce(
    _ table: String, token: UUID, limit: Int, lease: Duration
  ) async throws -> [ClaimedRow] {
    try await pool.query(
      "select * from bq_sync_claim($1, $2::uuid, $3::integer, $4::double precision * '1 s'::interval)",
      [
        .text(table), .text(token.uuidString), .integer(Int64(limit)), .double(lease / .seconds(1)),
      ]
    ).rows.map { row in
      ClaimedRow(
        id: try row.value("id"), sourceKey: try row.value("source_key"),
        attempts: try row.value("attempts"), isCorrection: try row.value("is_correction"),
        document: try row.utf8("document"), identities: try row.utf8("identities"))
    }
  }

  /// Holds rows longer.
  func renew(_ table: String, token: UUID, ids: [Int64], lease: Duration) async throws {
    try await pool.query(
      "select bq_sync_renew($1, $2::uuid, $3::bigint[], $4::double precision * '1 s'::interval)",
      [
        .text(table), .text(token.uuidString),
        .text(Self.array(ids)), .double(lease / .seconds(1)),
      ])
  }

  /// PostgreSQL's text form of an array.
  static func array(_ ids: [Int64]) -> String {
    "{" + ids.map(String.init).joined(separator: ",") + "}"
  }

  /// Ends a claim, in several statements when one takes too long.
  func settle(
    _ table: String, token: UUID, verdicts: [RowVerdict], publicError: String?
  ) async throws -> DeliveryCounts {
    do {
      return try await settleAtOnce(table, token, verdicts, publicError)
    } catch  where error.isOutOfTime && verdicts.count > 1 {
      var counts = DeliveryCounts()
      let middle = verdicts.count / 2
      for half in [verdicts[..<middle], verdicts[middle...]] {
        counts += try await settle(
          table, token: token, verdicts: Array(half), publicError: publicError)
      }
      return counts
    }
  }

  private func settleAtOnce(
    _ table: String, _ token: UUID, _ verdicts: [RowVerdict], _ publicError: String?
  ) async throws -> DeliveryCounts {
    let document = try JSONEncoder().encode(verdicts.map(StoredVerdict.init))
    let row = try await pool.query(
      "select * from bq_sync_settle($1, $2::uuid, $3::jsonb, $4)",
      [
        .text(table), .text(token.uuidString), .text(String(decoding: document, as: UTF8.self)),
        .text(publicError),
      ]
    ).first
    guard let row else { return DeliveryCounts() }
    return DeliveryCounts(
      synced: try row.value("synced"), retried: try row.value("retried"),
      failed: try row.value("failed"))
  }
}

extension Error {
  /// Whether less work at a time may do.
  var isOutOfTime: Bool { (self as? PostgresError)?.category == .outOfTime }
}

/// A table with rows that can be taken.
struct TableReadiness: Sendable {
  let sourceTable: String
  let rowCount: Int
  /// Some row is due after a wait, or was left by a process that is gone.
  let hasTriedRows: Bool
  /// How long the first row has been ready.
  let waited: Duration
}

/// A row that this process holds.
struct ClaimedRow: Sendable {
  let id: Int64
  let sourceKey: String
  let attempts: Int
  let isCorrection: Bool
  /// Nil when the source row is gone.
  let document: ArraySlice<UInt8>?
  /// A JSON object of the members that leave as pseudonyms.
  let identities: ArraySlice<UInt8>?
}

/// What became of some rows.
struct DeliveryCounts: Sendable, Equatable, Encodable {
  var synced = 0
  var retried = 0
  var failed = 0

  static func += (left: inout DeliveryCounts, right: DeliveryCounts) {
    left.synced += right.synced
    left.retried += right.retried
    left.failed += right.failed
  }
}

/// A verdict as `bq_sync_settle` takes it.
private struct StoredVerdict: Encodable {
  let id: Int64
  let verdict: String
  let reason: String?
  let publicReason: String?
  let delay: Double?
  let counts: Bool?

  private enum CodingKeys: String, CodingKey {
    case id, verdict, reason, delay, counts
    case publicReason = "public_reason"
  }

  init(_ verdict: RowVerdict) {
    id = verdict.id
    switch verdict.fate {
    case .synced:
      (self.verdict, reason, publicReason, delay, counts) = ("synced", nil, nil, nil, nil)
    case .failed:
      (self.verdict, delay, counts) = ("failed", nil, true)
      (reason, publicReason) = (Self.stored(verdict.reason), Self.stored(verdict.publicReason))
    case .retry(let after, let countsAsAttempt):
      (self.verdict, reason, publicReason) = ("retry", Self.stored(verdict.reason), nil)
      (delay, counts) = (after / .seconds(1), countsAsAttempt)
    }
  }

  /// Cut to a length that a table of failures can be read in, and free of what PostgreSQL cannot hold.
  private static func stored(_ reason: String) -> String {
    String(reason.replacing("\0", with: "").prefix(2_000))
  }
}
