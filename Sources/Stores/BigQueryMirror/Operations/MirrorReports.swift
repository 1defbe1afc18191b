/// The answer to a flush.
public struct FlushReport: Sendable, Encodable, Equatable {
  public let synced: Int
  /// Rows that wait for another try.
  public let retried: Int
  /// Rows that were given up.
  public let failed: Int
  /// Rows on the queue afterwards.
  public let pending: Int
}

/// The answer to a retry.
public struct RetryReport: Sendable, Encodable, Equatable {
  /// Failures that are on the queue again.
  public let requeued: Int
}

/// The answer to clearing the failures.
public struct ClearReport: Sendable, Encodable, Equatable {
  public let cleared: Int
}

/// What retention deleted.
public struct RetentionReport: Sendable, Encodable, Equatable {
  public struct Table: Sendable, Encodable, Equatable {
    public let sourceTable: String
    public let deleted: Int

    enum CodingKeys: String, CodingKey {
      case sourceTable = "source_table"
      case deleted
    }
  }

  public let retentionDays: Int
  public let deleted: Int
  public let tables: [Table]

  enum CodingKeys: String, CodingKey {
    case retentionDays = "retention_days"
    case deleted, tables
  }
}

/// How the mirror is.
public struct MirrorHealth: Sendable, Encodable, Equatable {
  public enum Status: String, Sendable, Encodable {
    case disabled, healthy, warning, unhealthy
  }

  public let status: Status
  public let pending: Int
  public let failed: Int
  /// What to look at.
  public let warnings: [String]
  /// What makes it unhealthy.
  public let problems: [String]

  /// Whether the answer is 200, not 503.
  public var isHealthy: Bool { status != .unhealthy }
}
