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
  /// - Throws: what PostgreSQL failed with.
  func tellBatch() async throws -> Bool {
    let rows = try await store.claim(Self.batch)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (place, row) in rows.enumerated() {
        if place >= Self.lanes { try await group.next() }
        group.addTask { try await tell(row) }
      }
      try await group.waitForAll()
    }
    return rows.count == Self.batch
  }

  /// Tells a document that its session is no valid event.
  func tell(_ owner: SessionOwner, refusedFor reason: String) async throws(SessionStoreError) {
    let outcome = SessionOutcome(refused: owner, reason: reason, at: .now())
    guard try await write(outcome, to: owner) == .told else { return }
    metrics.told("failed").increment()
  }

  private func tell(_ row: OutcomeRow) async throws {
    guard let outcome = SessionOutcome(row, maximumAttempts: configuration.maximumAttempts) else {
      return try await store.settle(row, hasRecord: row.hasRecord)
    }
    do throws(SessionStoreError) {
      let told = try await write(outcome, to: row.owner)
      metrics.told(told == .deleted ? "deleted" : row.status == .synced ? "synced" : "failed")
        .increment()
    } catch {
      metrics.told("error").increment()
      logger.warning(
        "a session's document was not told of its outcome", metadata: ["error": "\(error)"])
      // A document that cannot take the fields, for its size, never will.
      guard case .unfit = error else { return try await store.postpone(row) }
    }
    try await store.settle(
      row, hasRecord: outcome.record.map { $0.status != .resolved } ?? false)
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
