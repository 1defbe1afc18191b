import Concurrency

/// What becomes of a row after an attempt.
struct RowVerdict: Sendable, Equatable {
  enum Fate: Sendable, Equatable {
    case synced
    case retry(after: Duration, countsAsAttempt: Bool)
    case failed
  }

  let id: Int64
  let fate: Fate
  /// For the row's own records, empty when it is synced. Can quote the row: never logged.
  let reason: String
  /// The same without a value of the row.
  let publicReason: String

  init(id: Int64, fate: Fate, reason: String, publicReason: String? = nil) {
    self.id = id
    self.fate = fate
    self.reason = reason
    self.publicReason = publicReason ?? reason
  }

  /// The verdict on a row whose attempt failed for a reason that may pass.
  static func again(_ row: OutgoingRow, reason: String, maximumAttempts: Int) -> RowVerdict {
    let attempts = row.attempts + 1
    guard attempts < maximumAttempts else {
      return RowVerdict(
        id: row.id, fate: .failed, reason: "given up after \(attempts) attempts: \(reason)")
    }
    return RowVerdict(
      id: row.id,
      fate: .retry(
        after: MirrorRetrySchedule.queue.delay(afterFailures: attempts), countsAsAttempt: true),
      reason: reason)
  }

  /// The verdict on a row that is to wait without a mark against it.
  static func later(_ row: OutgoingRow, after delay: Duration, reason: String) -> RowVerdict {
    RowVerdict(id: row.id, fate: .retry(after: delay, countsAsAttempt: false), reason: reason)
  }
}
