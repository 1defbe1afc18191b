public import PostgresDriver

/// Which acts of the audit log are meant.
public struct AuditFilter: Sendable, Equatable {
  /// The whole action, or its family (`dead-letters`); nil for all.
  public var action: String?
  /// As the log holds it, such as `user:root`; nil for all.
  public var actor: String?
  /// Acts that began at this moment or later, in a form that PostgreSQL reads; nil for all.
  public var since: String?
  /// Acts that began before this moment.
  public var until: String?
  /// The most acts, the newest ones.
  public var limit: Int

  public init(
    action: String? = nil, actor: String? = nil, since: String? = nil, until: String? = nil,
    limit: Int = 100
  ) {
    self.action = action
    self.actor = actor
    self.since = since
    self.until = until
    self.limit = limit
  }
}

/// An act of the audit log with its end.
public struct AuditEntry: Sendable, Equatable, Encodable {
  public enum Outcome: String, Sendable, Encodable {
    case done, failed
    /// It is under way, or the process that did it ended before it could say so.
    case begun
  }

  public let id: Int64
  /// When it began, in UTC.
  public let at: String
  /// When it ended; nil when that is not known.
  public let endedAt: String?
  public let actor: String
  public let action: String
  public let target: String?
  public let outcome: Outcome
  public let count: Int?
  public let detail: String?

  enum CodingKeys: String, CodingKey {
    case id, at, actor, action, target, outcome, count, detail
    case endedAt = "ended_at"
  }
}

extension PostgresAuditLog {
  /// The acts that are meant, oldest first.
  ///
  /// - Throws: `PostgresError`, also when a moment of the filter is none.
  public func entries(_ filter: AuditFilter) async throws(PostgresError) -> [AuditEntry] {
    let rows = try await pool.query(
      """
      select act.id, \(Self.utc("act.at")) as at, \(Self.utc("ending.at")) as ended_at,
        act.actor, act.action, act.target, coalesce(ending.stage, act.stage) as outcome,
        ending.count, ending.detail
      from audit_log as act
      left join lateral (
        select at, stage, count, detail from audit_log where begun = act.id order by id limit 1
      ) as ending on true
      where act.begun is null
        and ($1::text is null or act.action = $1 or starts_with(act.action, $1 || '.'))
        and ($2::text is null or act.actor = $2)
        and ($3::timestamptz is null or act.at >= $3::timestamptz)
        and ($4::timestamptz is null or act.at < $4::timestamptz)
      order by act.id desc limit $5
      """,
      [
        .text(filter.action), .text(filter.actor), .text(filter.since), .text(filter.until),
        .integer(Int64(filter.limit)),
      ]
    ).rows
    var entries: [AuditEntry] = []
    for row in rows.reversed() {
      entries.append(
        AuditEntry(
          id: try row.value("id"), at: try row.value("at"), endedAt: try row.optional("ended_at"),
          actor: try row.value("actor"), action: try row.value("action"),
          target: try row.optional("target"),
          outcome: AuditEntry.Outcome(rawValue: try row.value("outcome")) ?? .begun,
          count: try row.optional("count"), detail: try row.optional("detail")))
    }
    return entries
  }

  private static func utc(_ moment: String) -> String {
    "to_char(\(moment) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
  }
}
