import Events
import Firestore
import GoogleCalls
import Logging
import Metrics
import Sessions

/// Tells sessions' documents what became of them in BigQuery, and keeps records of failures.
///
/// A document that was deleted stays deleted: a write of some fields would make it again, so each needs the
/// document to be there.
struct SessionReporter: Sendable {
  /// Outcomes taken at once, and told side by side.
  private static let batch = 64
  private static let lanes = 16
  /// Together less than the lease of an outcome, so that an old one is never written after a newer one: how
  /// long one that was taken may wait for its turn, and how long its writes may take.
  private static let longestWait = Duration.seconds(15)
  private static let longestWrite = Duration.seconds(90)

  let configuration: FirestoreSourceConfiguration
  let database: FirestoreDatabase
  let store: OutcomeStore
  let metrics: FirestoreSourceMetrics
  let logger: Logger

  private enum Told {
    case told
    /// The document was deleted.
    case deleted
  }

  /// Tells what is to be told right now.
  ///
  /// - Returns: whether there may be more.
  /// - Throws: what PostgreSQL failed with, or Firestore, where it would fail with any document: what is left
  ///   is told later.
  func tellBatch() async throws -> Bool {
    let start = ContinuousClock.now
    let rows = try await store.claim(Self.batch)
    var outage: SessionStoreError?
    try await withThrowingTaskGroup(of: SessionStoreError?.self) { group in
      for (place, row) in rows.enumerated() {
        if place >= Self.lanes, let failure = try await group.next() { outage = outage ?? failure }
        if outage != nil {
          try await store.postpone(row)
        } else if .now - start > Self.longestWait {
          try await store.release(row)
        } else {
          group.addTask { try await tell(row) }
        }
      }
      for try await failure in group { outage = outage ?? failure }
    }
    if let outage { throw outage }
    return rows.count == Self.batch
  }

  /// Tells a document that its session is no valid event.
  func tell(_ owner: SessionOwner, refusedFor reason: String) async throws(SessionStoreError) {
    let outcome = SessionOutcome(refused: owner, reason: reason, at: .now())
    guard try await write(outcome, to: owner) == .told else { return }
    metrics.told("failed").increment()
  }

  /// - Returns: why nothing can be told at present.
  private func tell(_ row: OutcomeRow) async throws -> SessionStoreError? {
    guard let outcome = SessionOutcome(row, maximumAttempts: configuration.maximumAttempts) else {
      try await store.settle(row, hasRecord: row.hasRecord)
      return nil
    }
    do {
      let told = try await within(Self.longestWrite) { try await write(outcome, to: row.owner) }
      metrics.told(told == .deleted ? "deleted" : row.status == .synced ? "synced" : "failed")
        .increment()
    } catch let error as SessionStoreError {
      metrics.told("error").increment()
      switch error {
      case .denied, .throttled, .unavailable:
        try await store.postpone(row)
        return error
      default:
        logger.warning(
          "a session's document was not told of its outcome", metadata: ["error": "\(error)"])
        // A document that cannot take the fields, for its size, never will.
        guard case .unfit = error else {
          try await store.postpone(row)
          return nil
        }
      }
    }
    try await store.settle(
      row, hasRecord: outcome.record.map { $0.status != .resolved } ?? false)
    return nil
  }

  private func within<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(operation: body)
      group.addTask {
        try await Task.sleep(for: limit)
        throw SessionStoreError.unavailable("no answer within \(limit)")
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }

  private func write(
    _ outcome: SessionOutcome, to owner: SessionOwner
  ) async throws(SessionStoreError) -> Told {
    // What was posted to the ingest endpoint may have ids that no document can have.
    guard FirestorePath.isDocumentID(owner.userID), FirestorePath.isDocumentID(owner.sessionID)
    else { return .deleted }
    let document = FirestorePath("users", owner.userID, "sessions", owner.sessionID)
    let isThere = try await commit(.merge(document, outcome.session, if: .exists(true)))
    if let record = outcome.record {
      let path = FirestorePath(SessionOutcome.failureCollection, owner.recordID)
      switch record.status {
      case .resolved:
        // Whoever deleted it wants it gone.
        _ = try await commit(.merge(path, record.fields, if: .exists(true)))
      case .pending, .abandoned:
        if isThere { _ = try await commit(.merge(path, record.fields)) }
      }
    }
    return isThere ? .told : .deleted
  }

  /// False when there is no such document.
  private func commit(_ write: FirestoreWrite) async throws(SessionStoreError) -> Bool {
    do throws(GoogleCallError) {
      _ = try await database.commit([write])
      return true
    } catch {
      guard case .missing = error.storeError else { throw error.storeError }
      return false
    }
  }
}
