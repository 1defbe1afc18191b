public import Observability
public import PostgresDriver

/// The audit log in PostgreSQL (`sql/0270_audit_log.sql`). Each row is a transaction of its own.
public struct PostgresAuditLog: AuditLog {
  let pool: PostgresPool

  /// - Parameter pool: stays open; whoever made it closes it.
  public init(pool: PostgresPool) {
    self.pool = pool
  }

  public func begin(_ act: AuditedAct) async throws(AuditError) -> AuditedBeginning {
    let row: Int64? = try await written {
      try await pool.query(
        """
        insert into audit_log (actor, action, target, stage) values ($1, $2, $3, 'begun')
        returning id
        """,
        [
          .text(Self.storable(act.actor.description)), .text(act.action),
          .text(act.target.map(Self.storable)),
        ]
      ).first?.value("id")
    }
    guard let row else { throw AuditError("PostgreSQL told no number of a row") }
    return AuditedBeginning(act, row: row)
  }

  public func end(
    _ beginning: AuditedBeginning, _ ending: AuditedEnding
  ) async throws(AuditError) {
    _ = try await written {
      try await pool.query(
        """
        insert into audit_log (actor, action, target, stage, begun, count, detail)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
          .text(Self.storable(beginning.act.actor.description)), .text(beginning.act.action),
          .text(beginning.act.target.map(Self.storable)), .text(ending.isDone ? "done" : "failed"),
          .integer(beginning.row), ending.count.map { .integer(Int64($0)) } ?? .null,
          .text(ending.detail.map(Self.storable)),
        ])
    }
  }

  /// PostgreSQL's texts hold no U+0000, and an act is noted whatever its actor is called.
  private static func storable(_ text: String) -> String {
    text.replacing("\0", with: "\u{FFFD}")
  }

  private func written<Value>(
    _ body: () async throws -> Value
  ) async throws(AuditError) -> Value {
    do {
      return try await body()
    } catch let error as PostgresError {
      guard error.sqlState != "42P01" else {
        throw AuditError("the table is not there; run `progressbus migrate`")
      }
      throw AuditError("\(error)")
    } catch {
      throw AuditError("\(error)")
    }
  }
}
