import Events
import Firestore
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

  /// Looks once, unless another process reads.
  ///
  /// - Throws: what Firestore, PostgreSQL or the bus failed with. What was read until then is noted.
  func look() async throws {
    guard let position = try await store.hold(for: configuration.lease) else { return }
    try await readNew(after: position.readUntil)
    guard !Task.isShuttingDownGracefully else { return }
    let isDue =
      position.secondsSincePass.map { $0 >= configuration.passInterval / .seconds(1) } ?? true
    if isDue || position.passDocument != nil { try await passOverAll(from: position.passDocument) }
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

  private func passOverAll(from document: String?) async throws {
    var query = query
    if let path = document.flatMap(database.path(ofName:)) { query.after = ([], path) }
    let isComplete = try await forEachPage(&query) { documents in
      if let last = documents.last { try await store.notePass(at: database.name(of: last.path)) }
    }
    if isComplete { try await store.notePass(at: nil) }
  }

  private var query: FirestoreQuery {
    var query = FirestoreQuery("sessions")
    query.isGroup = true
    query.filters = [.init("status", .equal, .string("completed"))]
    query.limit = configuration.pageSize
    query.fields = rules.fieldNames
    return query
  }

  /// Publishes page after page.
  ///
  /// - Parameter isDone: called with each page when its sessions are on the bus.
  /// - Returns: whether the last page was read; false when the process is to stop, or another reads.
  @discardableResult
  private func forEachPage(
    _ query: inout FirestoreQuery, _ isDone: ([FirestoreDocument]) async throws -> Void
  ) async throws -> Bool {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let documents = try await database.query(query)
      try await publish(documents)
      try await isDone(documents)
      guard documents.count == configuration.pageSize, let last = documents.last else {
        return true
      }
      query.after = (query.order.compactMap { last.fields[$0] }, last.path)
      guard try await store.hold(for: configuration.lease) != nil else { return false }
    }
    return false
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
    let waiting = Set(sessions.map(\.documentName))
    try await store.note(published + completed.filter { !waiting.contains($0.documentName) })
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
