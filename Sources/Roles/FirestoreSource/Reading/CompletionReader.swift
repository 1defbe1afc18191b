import Events
import Firestore
import GoogleCalls
import Logging
import Metrics
import Observability
import ServiceLifecycle
import Sessions

/// Reads completed sessions from Firestore and puts them on the bus: the new ones at every look, all of
/// them now and then.
struct CompletionReader: Sendable {
  let configuration: FirestoreSourceConfiguration
  let rules: CompletionRules
  let database: FirestoreDatabase
  let store: SourceStore
  let publisher: CompletedSessionPublisher
  let reporter: SessionReporter
  let metrics: FirestoreSourceMetrics
  let logger: Logger

  /// Looks once, unless another process reads. A pass that is due is made to its end, and what is completed
  /// meanwhile does not wait for that.
  ///
  /// - Throws: what Firestore, PostgreSQL or the bus failed with. What was read until then is noted.
  func look() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled,
      let position = try await store.hold(for: configuration.lease)
    {
      try await readNew(after: position.readUntil)
      guard !Task.isShuttingDownGracefully else { return }
      let isDue =
        position.secondsSincePass.map { $0 >= configuration.passInterval / .seconds(1) } ?? true
      guard isDue || position.passDocument != nil else { return }
      let turn = ContinuousClock.now + configuration.pollInterval
      if try await passOverAll(from: position.passDocument, until: turn) { return }
    }
  }

  /// Only timestamps are compared with a timestamp; what completed at another kind of value is found by
  /// the full pass.
  private func readNew(after readUntil: Timestamp?) async throws {
    var query = query
    let overlap = Int64(configuration.overlap / .seconds(1) * 1_000_000)
    let start =
      readUntil.map { Timestamp(microseconds: $0.microseconds - overlap) }
      ?? Timestamp(rfc3339: "0001-01-01T00:00:00Z".utf8) ?? Timestamp(microseconds: 0)
    query.filters.append(.init(rules.completionField, .atLeast, .timestamp(start)))
    query.order = [rules.completionField]
    try await forEachPage(&query) { documents in
      let last = documents.last?.fields[rules.completionField].flatMap(CompletionRules.moment)
      if let last { try await store.noteRead(until: last) }
    }
  }

  /// - Returns: whether the pass came to its end before its turn was over.
  private func passOverAll(
    from document: String?, until turn: ContinuousClock.Instant
  ) async throws -> Bool {
    var query = query
    if let path = document.flatMap(database.path(ofName:)) { query.after = ([], path) }
    let isComplete = try await forEachPage(&query, until: turn) { documents in
      if let last = documents.last { try await store.notePass(at: database.name(of: last.path)) }
    }
    if isComplete { try await store.notePass(at: nil) }
    return isComplete
  }

  private var query: FirestoreQuery {
    var query = FirestoreQuery("sessions")
    query.isGroup = true
    query.filters = [.init("status", .equal, .string("completed"))]
    query.limit = configuration.pageSize
    query.fields = rules.fieldNames
    query.responseLimit = configuration.pageBytes
    return query
  }

  /// Publishes page after page.
  ///
  /// - Parameters:
  ///   - turn: when to stop behind the page that is under way.
  ///   - isDone: called with each page when its sessions are on the bus.
  /// - Returns: whether the last page was read; false when the process is to stop, or another reads.
  @discardableResult
  private func forEachPage(
    _ query: inout FirestoreQuery, until turn: ContinuousClock.Instant? = nil,
    _ isDone: ([FirestoreDocument]) async throws -> Void
  ) async throws -> Bool {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let page = try await page(&query)
      if let reason = page.unreadable {
        for document in page.documents { try await refuse(document, because: reason) }
      } else {
        try await publish(page.documents)
      }
      try await isDone(page.documents)
      if page.isLast { return true }
      if let last = page.documents.last {
        query.after = (query.order.compactMap { last.fields[$0] }, last.path)
      }
      if let turn, turn < .now { return false }
      guard try await store.hold(for: configuration.lease) != nil else { return false }
    }
    return false
  }

  private struct Page {
    let documents: [FirestoreDocument]
    let isLast: Bool
    /// Why the documents have no fields but those of the order; nil when they have them all.
    var unreadable: String?
  }

  /// The next page. One that is too large, or holds a document that cannot be read, is halved until it can be
  /// read or is that document alone: no document keeps others from being found.
  private func page(_ query: inout FirestoreQuery) async throws(GoogleCallError) -> Page {
    while true {
      let limit = query.limit ?? configuration.pageSize
      do throws(GoogleCallError) {
        let documents = try await database.query(query)
        query.limit = min(2 * limit, configuration.pageSize)
        return Page(documents: documents, isLast: documents.count < limit)
      } catch {
        guard case .unreadable(let reason) = error.reason else { throw error }
        query.limit = max(limit / 2, 1)
        guard limit == 1 else { continue }
        var positions = query
        positions.fields = query.order
        return Page(
          documents: try await database.query(positions), isLast: false, unreadable: reason)
      }
    }
  }

  private func refuse(_ document: FirestoreDocument, because reason: String) async throws {
    let name = database.name(of: document.path)
    guard let owner = SessionOwner(documentName: name), try await !store.isPublished(name) else {
      return
    }
    try await tell(owner, itWasRefused: "it cannot be read: \(reason)")
  }

  private func publish(_ documents: [FirestoreDocument]) async throws {
    let completed = documents.compactMap { document in
      rules.session(
        in: SessionDocument(
          name: database.name(of: document.path), fields: document.fields,
          createTime: document.createTime))
    }
    let sessions = try await store.unpublished(completed)
    let outcomes = try await publisher.publish(sessions)
    var published: [CompletedSession] = []
    var refused: [(session: CompletedSession, reason: String)] = []
    for (session, outcome) in zip(sessions, outcomes) {
      switch outcome {
      case .published: published.append(session)
      case .refused(let reason): refused.append((session, reason))
      }
    }
    // What is stored although nobody here published it came by another way.
    let waiting = Set(sessions.map(\.eventID))
    try await store.note(published + completed.filter { !waiting.contains($0.eventID) })
    metrics.published.increment(by: published.count)
    for (session, reason) in refused { try await tell(session.owner, itWasRefused: reason) }
  }

  private func tell(_ owner: SessionOwner, itWasRefused reason: String) async throws {
    guard try await store.noteRefusal(of: owner, reason: reason) else { return }
    metrics.refused.increment()
    logger.warning("a completed session is no valid event", metadata: ["reason": "\(reason)"])
    do {
      try await reporter.tell(owner, refusedFor: reason)
    } catch {
      // It is told when the document is read again; the others are not to wait for it.
      try await store.forgetRefusal(of: owner)
      logger.warning(
        "a session's document was not told that it was refused", metadata: ["error": "\(error)"])
    }
  }
}
