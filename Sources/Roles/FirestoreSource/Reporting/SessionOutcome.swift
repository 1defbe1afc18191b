import Events
import Sessions

/// A row of `firestore_claim_outcomes`.
struct OutcomeRow: Sendable, Equatable {
  enum SyncStatus: String, Sendable {
    case pending, synced, failed
  }

  var key: String
  var change: Int64
  /// When the attempt was made that this tells of.
  var changedAt: Timestamp
  var owner: SessionOwner
  var status: SyncStatus
  var syncedAt: Timestamp?
  var error: String?
  /// Attempts that failed.
  var attempts: Int64
  /// Given up for good by an operator.
  var isAbandoned: Bool
  /// When the record of the failure was made, or is made now.
  var failedAt: Timestamp
  var hasRecord: Bool
}

/// What a session's document is told of its way to BigQuery, and the record of a failure. Pure.
struct SessionOutcome: Sendable, Equatable {
  struct FailureRecord: Sendable, Equatable {
    enum Status: String, Sendable {
      case pending, resolved, abandoned
    }

    let status: Status
    /// Those that are not here stay as they are.
    let fields: [String: SessionValue]
  }

  static let failureCollection = "bigquerySyncFailures"
  /// Google's words about a row may be long.
  private static let longestError = 1_000

  /// Fields of the document; those that are not here stay as they are.
  let session: [String: SessionValue]
  /// Nil where there is nothing to record.
  let record: FailureRecord?

  private init(session: [String: SessionValue], record: FailureRecord?) {
    self.session = session
    self.record = record
  }

  /// Nil before the first attempt: the document is told nothing yet.
  ///
  /// - Parameter maximumAttempts: after which a failure is abandoned.
  init?(_ row: OutcomeRow, maximumAttempts: Int) {
    switch row.status {
    case .pending where row.error == nil:
      return nil
    case .synced:
      self.init(
        session: [
          "bigquerySyncStatus": .string("synced"), "bigquerySyncError": .null,
          "bigquerySyncedAt": .timestamp(row.syncedAt ?? row.changedAt),
          "bigquerySyncRetryCount": .integer(row.attempts),
        ], record: row.hasRecord ? Self.resolved(row) : nil)
    case .pending, .failed:
      let isAbandoned = row.isAbandoned || row.attempts >= maximumAttempts
      self.init(
        failureOf: row.owner, error: row.error ?? "", attempts: row.attempts,
        lastRetryAt: row.attempts > 1 ? row.changedAt : nil, createdAt: row.failedAt,
        status: isAbandoned ? .abandoned : .pending)
    }
  }

  /// A session that cannot be stored at all.
  init(refused owner: SessionOwner, reason: String, at moment: Timestamp) {
    self.init(
      failureOf: owner, error: reason, attempts: 0, lastRetryAt: nil, createdAt: moment,
      status: .pending)
  }

  private static func resolved(_ row: OutcomeRow) -> FailureRecord {
    FailureRecord(
      status: .resolved,
      fields: [
        "status": .string(FailureRecord.Status.resolved.rawValue),
        "retryCount": .integer(row.attempts), "resolvedAt": .timestamp(row.changedAt),
      ])
  }

  private init(
    failureOf owner: SessionOwner, error: String, attempts: Int64, lastRetryAt: Timestamp?,
    createdAt: Timestamp, status: FailureRecord.Status
  ) {
    let error = SessionValue.string(String(error.prefix(Self.longestError)))
    self.init(
      session: [
        "bigquerySyncStatus": .string("failed"), "bigquerySyncError": error,
        "bigquerySyncRetryCount": .integer(attempts),
      ],
      record: FailureRecord(
        status: status,
        fields: [
          "userId": .string(owner.userID), "sessionId": .string(owner.sessionID),
          "failureReason": error, "retryCount": .integer(attempts),
          "lastRetryAt": lastRetryAt.map { .timestamp($0) } ?? .null,
          "createdAt": .timestamp(createdAt), "resolvedAt": .null,
          "status": .string(status.rawValue),
        ]))
  }
}
