import Events
import Foundation
import PostgresDriver

/// What PostgreSQL knows of a source: who reads, how far it has come, which completions are on the bus.
/// Each method is one statement.
struct SourceStore: Sendable {
  let pool: PostgresPool
  /// `projects/p/databases/d`.
  let database: String
  let holder: UUID

  struct Position: Sendable, Equatable {
    /// The newest completion that was read.
    var readUntil: Timestamp?
    /// Where the full pass is, a document's full name; nil while none is under way.
    var passDocument: String?
    /// Seconds since the last full pass ended; nil before the first.
    var secondsSincePass: Double?
  }

  /// Takes the source, or holds it longer; nil while another process has it.
  func hold(for lease: Duration) async throws -> Position? {
    let row = try await pool.query(
      """
      insert into firestore_sources as source (database, holder, held_until)
      values ($1, $2::uuid, now() + $3::double precision * interval '1 second')
      on conflict (database) do update set holder = excluded.holder, held_until = excluded.held_until
      where source.holder = excluded.holder or source.held_until <= now()
      returning bq_timestamp(read_until) as read_until, pass_document,
        extract(epoch from now() - passed_at)::double precision as since_pass
      """, [.text(database), .text(holder.uuidString), .double(lease / .seconds(1))]
    ).first
    return try row.map { row in
      Position(
        readUntil: try row.optional("read_until", as: String.self).flatMap {
          Timestamp(rfc3339: $0.utf8)
        },
        passDocument: try row.optional("pass_document"),
        secondsSincePass: try row.optional("since_pass"))
    }
  }

  /// Lets another process read at once.
  func release() async throws {
    try await pool.query(
      """
      update firestore_sources set holder = null, held_until = '-infinity'
      where database = $1 and holder = $2::uuid
      """, [.text(database), .text(holder.uuidString)])
  }

  /// The sessions that are not on the bus yet, as far as is known here: neither published by a source nor,
  /// whoever published them, stored.
  func unpublished(_ sessions: [CompletedSession]) async throws -> [CompletedSession] {
    guard !sessions.isEmpty else { return [] }
    let rows = try await pool.query(
      """
      select session.document from json_to_recordset($1::json) as session(
        document text, event_id uuid, user_id text, session_id text, occurred_at timestamptz)
      where not exists (
        select from firestore_completions as known
        where known.document = session.document and known.event_id = session.event_id)
      and not exists (
        select from training_sessions as stored
        where stored.session_key = training_session_key(session.user_id, session.session_id)
          and stored.occurred_at >= session.occurred_at)
      """, [.text(try Self.json(sessions))]
    ).rows
    // By bytes: Swift takes ids for equal that differ in their normal form alone.
    let names = Set(try rows.map { Array(try $0.value("document", as: String.self).utf8) })
    return sessions.filter { names.contains(Array($0.documentName.utf8)) }
  }

  /// Whether some completion of a document was put on the bus.
  func isPublished(_ document: String) async throws -> Bool {
    try await pool.query(
      "select 1 as known from firestore_completions where document = $1", [.text(document)]
    ).first != nil
  }

  /// Notes that sessions are on the bus.
  func note(_ published: [CompletedSession]) async throws {
    guard !published.isEmpty else { return }
    try await pool.query(
      """
      insert into firestore_completions (document, event_id)
      select document, event_id from json_to_recordset($1::json) as session(
        document text, event_id uuid)
      on conflict (document) do update
      set event_id = excluded.event_id, published_at = excluded.published_at
      where firestore_completions.event_id <> excluded.event_id
      """, [.text(try Self.json(published))])
  }

  /// Moves on to a completion; never back, and never into the future, whose sessions all others would be
  /// behind.
  func noteRead(until completion: Timestamp) async throws {
    try await pool.query(
      """
      update firestore_sources
      set read_until = least(now(), greatest(read_until, $2::timestamptz)) where database = $1
      """, [.text(database), .text(completion.description)])
  }

  /// Notes how far the full pass has come; nil ends it.
  func notePass(at document: String?) async throws {
    try await pool.query(
      """
      update firestore_sources set pass_document = $2,
        passed_at = case when $2::text is null then now() else passed_at end
      where database = $1
      """, [.text(database), .text(document)])
  }

  /// Notes that a session was refused. False when its document has been told this reason.
  func noteRefusal(of owner: SessionOwner, reason: String) async throws -> Bool {
    try await pool.query(
      """
      insert into firestore_refusals as known (session_key, reason)
      values (training_session_key($1, $2), $3)
      on conflict (session_key) do update set reason = excluded.reason
      where known.reason <> excluded.reason returning 1 as noted
      """, [.text(owner.userID), .text(owner.sessionID), .text(reason)]
    ).first != nil
  }

  /// Lets a refusal be told anew.
  func forgetRefusal(of owner: SessionOwner) async throws {
    try await pool.query(
      "delete from firestore_refusals where session_key = training_session_key($1, $2)",
      [.text(owner.userID), .text(owner.sessionID)])
  }

  private struct Row: Encodable {
    let document: String
    let eventID: String
    let userID: String
    let sessionID: String
    let occurredAt: String

    enum CodingKeys: String, CodingKey {
      case document
      case eventID = "event_id"
      case userID = "user_id"
      case sessionID = "session_id"
      case occurredAt = "occurred_at"
    }
  }

  private static func json(_ sessions: [CompletedSession]) throws -> String {
    let rows = sessions.map {
      Row(
        document: $0.documentName, eventID: $0.eventID.description, userID: $0.owner.userID,
        sessionID: $0.owner.sessionID, occurredAt: $0.occurredAt.description)
    }
    return String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
  }
}
