import Events
import PostgresDriver

/// Outcomes that documents are to be told, in PostgreSQL. No transaction is open while Firestore answers.
struct OutcomeStore: Sendable {
  let pool: PostgresPool

  /// How long another process leaves an outcome to the one that took it.
  private static let leaseSeconds = 120.0

  /// Has outcomes noted from now on, and once those that there are: that may take its time.
  func start() async throws {
    try await pool.transaction { connection throws(PostgresError) in
      try connection.query("set local statement_timeout = 0")
      try connection.query("select firestore_start_outcomes()", timeout: .seconds(3600))
    }
  }

  func claim(_ count: Int) async throws -> [OutcomeRow] {
    try await pool.query(
      "select * from firestore_claim_outcomes($1, $2::double precision * interval '1 second')",
      [.integer(Int64(count)), .double(Self.leaseSeconds)]
    ).rows.map(Self.row)
  }

  private static func row(_ row: PostgresRow) throws -> OutcomeRow {
    func moment(_ column: String) throws -> Timestamp? {
      try row.optional(column, as: String.self).flatMap { Timestamp(rfc3339: $0.utf8) }
    }
    let changedAt = try moment("changed_at") ?? .now()
    return OutcomeRow(
      key: try row.value("session_key"), change: try row.value("change"), changedAt: changedAt,
      owner: SessionOwner(
        userID: try row.value("user_id"), sessionID: try row.value("session_id")),
      status: OutcomeRow.SyncStatus(rawValue: try row.value("sync_status")) ?? .pending,
      syncedAt: try moment("synced_at"), error: try row.optional("sync_error"),
      attempts: try row.value("attempts"), isAbandoned: try row.value("is_abandoned"),
      failedAt: try moment("failed_at") ?? changedAt, hasRecord: try row.value("has_record"))
  }

  /// - Parameter hasRecord: whether there is a record that is not resolved.
  func settle(_ row: OutcomeRow, hasRecord: Bool) async throws {
    try await pool.query(
      "select firestore_settle_outcome($1::uuid, $2, $3::timestamptz)",
      [.text(row.key), .integer(row.change), .text(hasRecord ? row.failedAt.description : nil)])
  }

  /// Lets it be taken again at once.
  func release(_ row: OutcomeRow) async throws {
    try await pool.query(
      "update firestore_outcomes set ready_at = now() where session_key = $1::uuid",
      [.text(row.key)])
  }

  /// Whether some outcome waits because Firestore did not take it.
  func isPostponed() async throws -> Bool {
    try await pool.query(
      "select 1 as waits from firestore_outcomes where told < change and failures > 0 limit 1"
    ).first != nil
  }

  /// Has it told again later: after 2, 4, 8 … s, at most 10 minutes.
  func postpone(_ row: OutcomeRow) async throws {
    try await pool.query(
      """
      update firestore_outcomes set failures = failures + 1,
        ready_at = now() + least(600, 2 ^ least(failures + 1, 20)) * interval '1 second'
      where session_key = $1::uuid
      """, [.text(row.key)])
  }
}
