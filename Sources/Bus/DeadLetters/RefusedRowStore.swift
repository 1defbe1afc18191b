public import Events

/// Keeps the rows that a sink of rows refused: BigQuery's mirror, whose source is PostgreSQL and not the
/// journal. Its dead letters never come to the bus, but are listed, replayed and purged with the others.
public protocol RefusedRowStore: Sendable {
  /// Rows that wait for an operator, oldest first.
  ///
  /// - Parameters:
  ///   - number: the row behind which to begin, 0 for the first.
  ///   - limit: how many at most.
  ///   - reason: a part of the reason, in any case of letters; nil for all.
  /// - Throws: what the store fails with, such as `PostgresError`. So do the others.
  func refusedRows(after number: Int64, limit: Int, reason: String?) async throws -> [RefusedRow]

  /// One row whole, nil when it has been taken care of. **Holds personal data.**
  func refusedRow(_ number: Int64) async throws -> RefusedRowContent?

  /// Sends rows once more.
  ///
  /// - Returns: how many were there.
  func replayRefusedRows(_ numbers: [Int64]) async throws -> Int

  /// Gives rows up for good.
  ///
  /// - Returns: how many were there.
  func purgeRefusedRows(_ numbers: [Int64]) async throws -> Int
}

/// A row that was given up, without a value of it beside its key.
public struct RefusedRow: Sendable, Equatable {
  public let number: Int64
  public let sourceTable: String
  /// The event that the row is of; nil where a row is not one event.
  public let eventID: EventID?
  /// How often it was tried.
  public let attempts: Int
  /// The sink's reason and the column.
  public let reason: String
  /// When it was given up first.
  public let refusedAt: Timestamp

  public init(
    number: Int64, sourceTable: String, eventID: EventID? = nil, attempts: Int, reason: String,
    refusedAt: Timestamp
  ) {
    self.number = number
    self.sourceTable = sourceTable
    self.eventID = eventID
    self.attempts = attempts
    self.reason = reason
    self.refusedAt = refusedAt
  }
}

/// A row that was given up, whole. **Holds personal data: never log it.**
public struct RefusedRowContent: Sendable, Equatable {
  public let row: RefusedRow
  /// The primary key of its source.
  public let sourceKey: String
  /// The reason in the sink's words.
  public let fullReason: String
  /// A JSON object: the row as the sink was to get it, but with the learner in the open. Nil when the
  /// source row is gone.
  public let document: String?

  public init(row: RefusedRow, sourceKey: String, fullReason: String, document: String?) {
    self.row = row
    self.sourceKey = sourceKey
    self.fullReason = fullReason
    self.document = document
  }
}
