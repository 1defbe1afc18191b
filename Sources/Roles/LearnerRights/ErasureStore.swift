import EventBus
import Foundation
import PostgresDriver

/// Who has been erased, and how far erasures have come, in PostgreSQL. Knows learners by a keyed hash alone.
struct ErasureStore: Sendable {
  let pool: PostgresPool

  /// The key of the hashes; makes one at the first use.
  func key() async throws -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let fresh = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    try await pool.query(
      "insert into erasure_key (key) values ($1) on conflict do nothing", [.bytes(fresh)])
    let hex: String = try await existingKey() ?? ""
    return bytes(hex)
  }

  private func existingKey() async throws -> String? {
    try await pool.query("select encode(key, 'hex') as key from erasure_key").first?.value("key")
  }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  /// The list as it is now, without those whose time is over; nil before the first erasure.
  func list() async throws -> ErasedLearnersList? {
    guard let hex = try await existingKey() else { return nil }
    let rows = try await pool.query(
      """
      select learner, (extract(epoch from drops_until) * 1000)::bigint as ends
      from erased_learners where drops_until > now()
      """
    ).rows
    let version = try await version() ?? ""
    var ends: [String: Int64] = [:]
    for row in rows {
      let learner: String = try row.value("learner")
      ends[learner] = try row.value("ends")
    }
    return ErasedLearnersList(version: version, key: bytes(hex), ends: ends)
  }

  /// Another one for another list; nil before the first erasure.
  func version() async throws -> String? {
    try await pool.query(
      "select version || '-' || left(encode(sha256(key), 'hex'), 16) as version from erasure_key"
    ).first?.value("version")
  }

  /// Has the learner's events dropped from now on, and begins an erasure unless one is under way.
  ///
  /// - Returns: whether one was.
  func begin(_ learner: String, droppingFor days: Int) async throws -> Bool {
    try await pool.transaction { connection throws(PostgresError) in
      try connection.query(
        """
        insert into erased_learners (learner, drops_until) values ($1, now() + $2 * interval '1 day')
        on conflict (learner) do update set erased_at = now(), drops_until = excluded.drops_until
        """, [.text(learner), .integer(Int64(days))])
      try connection.query("update erasure_key set version = version + 1")
      let isUnderWay =
        try connection.query(
          "select from erasures where learner = $1 and finished_at is null", [.text(learner)]
        ).rowCount > 0
      if !isUnderWay {
        try connection.query("delete from erasures where learner = $1", [.text(learner)])
        try connection.query("insert into erasures (learner) values ($1)", [.text(learner)])
      }
      return isUnderWay
    }
  }

  /// Lets the learner's events in again.
  ///
  /// - Returns: whether they were dropped.
  func lift(_ learner: String) async throws -> Bool {
    try await pool.transaction { connection throws(PostgresError) in
      let removed = try connection.execute(
        "delete from erased_learners where learner = $1", [.text(learner)])
      try connection.query("update erasure_key set version = version + 1")
      return removed > 0
    }
  }

  /// Notes that nothing is left anywhere.
  func finish(_ learner: String) async throws {
    try await pool.query(
      "update erasures set finished_at = now() where learner = $1", [.text(learner)])
  }

  /// Forgets what was needed for as long as events were dropped. What was done is in the audit log.
  func forgetExpired() async throws {
    try await pool.transaction { connection throws(PostgresError) in
      let removed = try connection.execute(
        "delete from erased_learners where drops_until < now()")
      if removed > 0 { try connection.query("update erasure_key set version = version + 1") }
      try connection.query(
        """
        delete from erasures where finished_at is not null
          and not exists (select from erased_learners where learner = erasures.learner)
        """)
    }
  }

  /// What was done so far.
  func report(of learner: String) async throws -> [ErasureReport.Step] {
    try await pool.query(
      """
      select step, removed, done_at is not null as is_done, note
      from erasure_steps where learner = $1 order by step
      """, [.text(learner)]
    ).rows.map { row in
      ErasureReport.Step(
        step: try row.value("step"), removed: try row.value("removed"),
        isDone: try row.value("is_done"), note: try row.optional("note"))
    }
  }
}

/// What an erasure does in one place, kept as it goes.
struct ErasureStep: Sendable {
  let learner: String
  let name: String
  let pool: PostgresPool

  func add(_ removed: Int) async throws {
    try await pool.transaction { connection throws(PostgresError) in
      try add(removed, on: connection)
    }
  }

  func add(
    _ removed: Int, on connection: isolated PostgresConnection
  ) throws(PostgresError) {
    try connection.query(
      """
      insert into erasure_steps as known (learner, step, removed) values ($1, $2, $3)
      on conflict (learner, step) do update set removed = known.removed + excluded.removed
      """, [.text(learner), .text(name), .integer(Int64(removed))])
  }

  /// - Parameter note: why it was left out; nil when nothing is left there.
  func finish(note: String? = nil) async throws { try await self.note(note, isDone: true) }

  /// Says why it is not done yet.
  func wait(_ note: String) async throws { try await self.note(note, isDone: false) }

  private func note(_ note: String?, isDone: Bool) async throws {
    try await pool.query(
      """
      insert into erasure_steps as known (learner, step, done_at, note)
      values ($1, $2, case when $3 then now() end, $4)
      on conflict (learner, step) do update set done_at = excluded.done_at, note = excluded.note
      """, [.text(learner), .text(name), .boolean(isDone), .text(note)])
  }
}
