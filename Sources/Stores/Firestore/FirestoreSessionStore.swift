import Concurrency
import Events
import GoogleCalls
public import Sessions

/// Sessions in Firestore.
///
/// Writes are single commits with preconditions and need no transaction: a live writer of ADK is never
/// overwritten, because its transaction and our commit both stand on the revision that they have read.
/// Events of one time are given back in the order in which they were stored, by their documents'
/// creation; two of one time are never in one commit.
public struct FirestoreSessionStore: SessionStore {
  public let name = "firestore"
  let database: FirestoreDatabase
  let layout: FirestoreLayout

  /// How often an append is tried while others write to the same session.
  private static let appendTries = 12
  private static let keysPerPage = 300
  static let documentsPerPage = 100

  public init(database: FirestoreDatabase, layout: FirestoreLayout) {
    self.database = database
    self.layout = layout
  }

  public var capabilities: SessionStoreCapabilities {
    SessionStoreCapabilities(
      keepsCreateTime: layout.kind != .package, keepsUpdateTime: true, sharesScopes: true,
      separatesUsers: layout.kind != .coach)
  }

  // MARK: Reading

  public func session(
    _ key: SessionKey, events: EventSelection
  ) async throws(SessionStoreError) -> Session? {
    guard Self.isKey(key) else { return nil }
    async let ask = result { () async throws(SessionStoreError) in
      try await readEvents(of: key, events)
    }
    let documents = try await call { () async throws(GoogleCallError) in
      try await database.documents([
        layout.session(key), layout.appState, layout.userState(key.user),
      ])
    }
    let found = await ask
    guard let document = documents[layout.session(key)], isOwned(document, by: key) else {
      return nil
    }
    var session = try decode(document, key)
    // What stands in the states of app and user counts before what stands in the session.
    session.state.app.merge(documents[layout.appState]?.fields ?? [:]) { $1 }
    session.state.user.merge(documents[layout.userState(key.user)]?.fields ?? [:]) { $1 }
    session.events = try found.get()
    return session
  }

  public func sessions(of user: String) async throws(SessionStoreError) -> [Session] {
    guard FirestorePath.isDocumentID(user) else { return [] }
    let states = try await call { () async throws(GoogleCallError) in
      try await database.documents([layout.appState, layout.userState(user)])
    }
    var sessions: [Session] = []
    var query = layout.sessionsQuery(of: user)
    query.limit = Self.documentsPerPage
    try await forEachPage(&query) { documents throws(SessionStoreError) in
      for document in documents {
        var session = try decode(document, SessionKey(user: user, id: document.path.last))
        session.state.app.merge(states[layout.appState]?.fields ?? [:]) { $1 }
        session.state.user.merge(states[layout.userState(user)]?.fields ?? [:]) { $1 }
        sessions.append(session)
      }
    }
    return sessions
  }

  public func keys(after cursor: String?) async throws(SessionStoreError) -> SessionKeyPage {
    let query = layout.keysQuery(
      after: cursor.flatMap(database.path(ofName:)), limit: Self.keysPerPage)
    let documents = try await call { () async throws(GoogleCallError) in
      try await database.query(query)
    }
    let isLast = documents.count < Self.keysPerPage
    return SessionKeyPage(
      keys: documents.compactMap(layout.key(of:)),
      cursor: isLast ? nil : documents.last.map { database.name(of: $0.path) })
  }

  // MARK: Writing

  public func create(
    _ key: SessionKey, state: SessionState
  ) async throws(SessionStoreError) -> Session {
    try check(key)
    var fields = layout.fields(of: key)
    fields["state"] = try encode(state.session)
    var write: FirestoreWrite
    if layout.kind == .package {
      fields["last_update_time"] = layout.timeValue(.now())
      write = .set(layout.session(key), fields, if: .exists(false))
    } else {
      write = .set(
        layout.session(key), fields, serverTimes: ["createTime", "updateTime"], if: .exists(false))
    }
    try await call { () async throws(GoogleCallError) in
      try await database.commit(
        encoded: ([write] + scopeWrites(state, key)).map(database.encode), making: write)
    }
    guard let session = try await session(key, events: .none) else { throw .missing }
    return session
  }

  public func append(
    _ event: SessionEvent, to key: SessionKey
  ) async throws(SessionStoreError) {
    guard !event.isPartial else { return }
    try await append(event, applying: SessionState(prefixed: event.stateDelta), to: key)
  }

  /// - Parameter delta: what the event changes.
  func append(
    _ event: SessionEvent, applying delta: SessionState, to key: SessionKey
  ) async throws(SessionStoreError) {
    guard Self.isKey(key) else { throw .missing }
    try check(eventID: event.id)
    let event = event.withoutTemporaryState
    var retries = Retries(
      Backoff(first: .milliseconds(20), longest: .seconds(1), jitter: .full))
    while true {
      guard let document = try await document(of: key) else { throw .missing }
      let stored = FirestoreWrite.set(
        layout.session(key).appending("events", event.id), layout.encode(event, of: key),
        if: .exists(false))
      let writes =
        [try sessionWrite(document, key, putting: delta.session, at: event.timestamp), stored]
        + scopeWrites(delta, key)
      do throws(SessionStoreError) {
        _ = try await call { () async throws(GoogleCallError) in try await database.commit(writes) }
        return
      } catch {
        switch error {
        // The event is there, and with it what it changes: they came in one commit.
        case .exists: return
        // Deleted since it was read.
        case .missing: throw error
        case .stale where retries.failures < Self.appendTries: break
        default: throw error
        }
      }
      try? await Task.sleep(for: retries.failed())
      if Task.isCancelled { throw .unavailable("the task was cancelled") }
    }
  }

  public func delete(_ key: SessionKey) async throws(SessionStoreError) {
    guard let document = try await document(of: key, isBeingDeleted: true) else { return }
    if layout.kind == .adk {
      // ADK's own writers leave the session alone from now on.
      let mark = FirestoreWrite.merge(
        document.path, ["status": .string("DELETING")], if: .exists(true))
      do throws(SessionStoreError) {
        _ = try await call { () async throws(GoogleCallError) in try await database.commit([mark]) }
      } catch .missing {
        return
      }
    }
    // An event may come between.
    try await deleteEvents(of: key)
    _ = try await call { () async throws(GoogleCallError) in
      try await database.commit([.delete(document.path)])
    }
    try await deleteEvents(of: key)
  }

  private func deleteEvents(of key: SessionKey) async throws(SessionStoreError) {
    var query = FirestoreQuery("events", below: layout.session(key))
    query.limit = FirestoreDatabase.writesPerCommit
    query.fields = []
    while true {
      let page = query
      let documents = try await call { () async throws(GoogleCallError) in
        try await database.query(page)
      }
      if documents.isEmpty { return }
      _ = try await call { () async throws(GoogleCallError) in
        try await database.commit(documents.map { .delete($0.path) })
      }
      if documents.count < FirestoreDatabase.writesPerCommit { return }
    }
  }

  /// The session's document as far as an append needs it; nil when it is another user's or is being
  /// deleted.
  private func document(
    of key: SessionKey, isBeingDeleted: Bool = false
  ) async throws(SessionStoreError) -> FirestoreDocument? {
    guard Self.isKey(key) else { return nil }
    let path = layout.session(key)
    let documents = try await call { () async throws(GoogleCallError) in
      try await database.documents([path])
    }
    guard let document = documents[path], isOwned(document, by: key),
      isBeingDeleted || document.fields["status"] != .string("DELETING")
    else { return nil }
    return document
  }

  /// A write of the session's own state and time, on top of what was read.
  private func sessionWrite(
    _ document: FirestoreDocument, _ key: SessionKey, putting delta: [String: SessionValue],
    at time: Timestamp
  ) throws(SessionStoreError) -> FirestoreWrite {
    switch layout.kind {
    case .adk:
      // One text holds the whole state, so that nobody else may have written it meanwhile.
      var state = try decode(document, key).state.session
      state.merge(delta) { $1 }
      return .merge(
        document.path,
        ["state": try encode(state), "revision": .integer(revision(of: document) + 1)],
        serverTimes: ["updateTime"], if: .updateTime(document.updateTime))
    case .coach:
      return .merge(
        document.path, ["state": try encode(delta)],
        mask: delta.keys.map { FieldPath.join("state", $0) }, serverTimes: ["updateTime"],
        increments: ["revision"], if: .exists(true))
    case .package:
      return .merge(
        document.path,
        ["state": try encode(delta), "last_update_time": layout.timeValue(time)],
        mask: delta.keys.map { FieldPath.join("state", $0) } + ["last_update_time"],
        if: .exists(true))
    }
  }

  /// Writes of what a delta changes in the states of app and user. A value takes the place of the old one.
  func scopeWrites(_ delta: SessionState, _ key: SessionKey) -> [FirestoreWrite] {
    [(layout.appState, delta.app), (layout.userState(key.user), delta.user)].compactMap {
      path, fields in
      let named = fields.filter { !$0.key.isEmpty }
      return named.isEmpty ? nil : .merge(path, named)
    }
  }

  func revision(of document: FirestoreDocument) -> Int64 {
    if case .integer(let revision)? = document.fields["revision"] { revision } else { 0 }
  }

  // MARK: Rules

  static func isKey(_ key: SessionKey) -> Bool {
    FirestorePath.isDocumentID(key.user) && FirestorePath.isDocumentID(key.id)
  }

  func check(_ key: SessionKey) throws(SessionStoreError) {
    guard Self.isKey(key) else { throw .unfit("an id that Firestore does not take") }
  }

  func check(eventID: String) throws(SessionStoreError) {
    guard FirestorePath.isDocumentID(eventID) else {
      throw .unfit("an event's id that Firestore does not take")
    }
  }

  private func isOwned(_ document: FirestoreDocument, by key: SessionKey) -> Bool {
    layout.key(of: document) == key
  }

  func decode(
    _ document: FirestoreDocument, _ key: SessionKey
  ) throws(SessionStoreError) -> Session {
    do throws(SessionValueError) { return try layout.decode(document, key: key) } catch {
      throw .unreadable("\(error)")
    }
  }

  func encode(_ state: [String: SessionValue]) throws(SessionStoreError) -> SessionValue {
    do throws(SessionValueError) { return try layout.encode(state: state) } catch {
      throw .unfit("\(error)")
    }
  }

  func call<Value>(
    _ body: () async throws(GoogleCallError) -> Value
  ) async throws(SessionStoreError) -> Value {
    do throws(GoogleCallError) { return try await body() } catch { throw error.storeError }
  }

  private func result<Value: Sendable>(
    _ body: () async throws(SessionStoreError) -> Value
  ) async -> Result<Value, SessionStoreError> {
    do throws(SessionStoreError) { return .success(try await body()) } catch {
      return .failure(error)
    }
  }
}
