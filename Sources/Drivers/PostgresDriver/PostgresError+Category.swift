extension PostgresError {
  /// What a caller can do about an error. The sink tries again after all but `data`
  /// (`Sources/Stores/PostgresSink/SinkError+PostgresError.swift`); the API answers 503 to `transient` and
  /// `outOfTime`.
  public enum Category: Sendable, Equatable {
    /// Try again later: the server is down, busy, starting, stopping, read-only, or chose this transaction
    /// as the victim of a conflict.
    case transient
    /// A limit of time ended it, the server's or ours. No verdict on the data; half as much may pass.
    case outOfTime
    /// The data is refused, and will be every time.
    case data
    /// The statement, the schema or the access is wrong; trying again helps once that is mended.
    case statementOrAccess
  }

  public var category: Category { verdict.category }

  /// Whether a new session may fare better: this one is with a server that is read-only or going away, or
  /// keeps a role, a setting, a search path or a plan from before they were changed.
  public var mayLieInSession: Bool { verdict.mayLieInSession }

  public var isTransient: Bool { category == .transient || category == .outOfTime }

  private var verdict: (category: Category, mayLieInSession: Bool) {
    switch kind {
    case .server: sqlState.map(Self.verdict(on:)) ?? (.statementOrAccess, true)
    // Behind an address that has moved, every session to the server from before is like that.
    case .connectionLost: (.transient, true)
    case .timedOut: (.outOfTime, true)
    case .connectionFailed, .cancelled, .poolExhausted: (.transient, false)
    case .invalidParameter: (.data, false)
    case .invalidResult: (.statementOrAccess, false)
    }
  }

  /// By https://www.postgresql.org/docs/18/errcodes-appendix.html.
  private static func verdict(
    on sqlState: String
  ) -> (category: Category, mayLieInSession: Bool) {
    switch sqlState {
    // query_canceled: statement_timeout; lock_not_available: lock_timeout; and what ends the session as
    // well: idle_in_transaction_session_timeout, and transaction_timeout of version 17.
    case "57014", "55P03", "25P03", "25P04": (.outOfTime, false)
    // A read-only transaction: the server was demoted. Another is behind the same address by now.
    case "25006": (.transient, true)
    // object_in_use.
    case "55006": (.transient, false)
    default:
      switch sqlState.prefix(2) {
      // Connection; a server that shuts down, has crashed, starts, or ends an idle session.
      case "08", "57": (.transient, true)
      // Rollback (40001, 40P01), resources, the server's own disk.
      case "40", "53", "58": (.transient, false)
      // Cardinality, data, integrity, check option, limits of a row or an index, raised by a function.
      case "21", "22", "23", "44", "54", "P0": (.data, false)
      default: (.statementOrAccess, true)
      }
    }
  }
}
