extension PostgresError {
  /// What a caller can do about an error. The sink tries again after all but `data`
  /// (`Sources/Stores/PostgresSink/SinkError+PostgresError.swift`); the API answers 503 to `transient` alone.
  public enum Category: Sendable, Equatable {
    /// Try again later: the server is down, busy, starting, stopping, or chose this transaction as the
    /// victim of a conflict.
    case transient
    /// The data is refused, and will be every time.
    case data
    /// The statement, the schema or the access is wrong; trying again helps once that is mended.
    case permanent
  }

  public var category: Category {
    switch kind {
    case .connectionFailed, .connectionLost, .timedOut, .cancelled, .poolExhausted:
      return .transient
    case .invalidParameter: return .data
    case .invalidResult: return .permanent
    case .server: break
    }
    guard let sqlState else { return .permanent }
    switch sqlState {
    // query_canceled: statement_timeout. A read-only transaction: the server was demoted.
    case "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "25006", "55P03", "55006":
      return .transient
    default: break
    }
    switch sqlState.prefix(2) {
    // Connection, rollback (40001, 40P01), resources, the server's own disk.
    case "08", "40", "53", "58": return .transient
    // Cardinality, data, integrity, check option, limits of a row or an index, raised by a function.
    case "21", "22", "23", "44", "54", "P0": return .data
    default: return .permanent
    }
  }

  public var isTransient: Bool { category == .transient }
}
