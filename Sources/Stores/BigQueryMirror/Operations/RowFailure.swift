public import Events

/// A row that was given up, without a value of it beside its key.
public struct RowFailure: Sendable, Equatable {
  public let id: Int64
  public let sourceTable: String
  /// How often it was tried.
  public let attempts: Int
  /// Google's reason and the column.
  public let reason: String
  /// When it was given up first.
  public let createdAt: Timestamp
}

/// A row that was given up, whole. **Holds personal data: never log it.**
public struct FailedRow: Sendable, Equatable {
  public let failure: RowFailure
  /// The primary key of its source.
  public let sourceKey: String
  /// The reason in Google's words.
  public let fullReason: String
  /// A JSON object: the row as BigQuery was to get it, but with the learner in the open. Nil when the
  /// source row is gone.
  public let document: String?
}
