/// Serves each user's sessions from the store that `SessionRouting` names. Safe from any task.
///
/// A session whose id had to change on its way into Agent Engine is asked for, and given back, under the id
/// that it had before.
///
/// A user who has just been switched to Agent Engine may have sessions that are in Firestore alone: made, or
/// gone on with, between the last migration and the restart. They are served from there until a migration
/// brings them over. The other way round nothing is looked for: after a roll-back Firestore has to do
/// without Agent Engine. A deletion alone concerns both, or the copy would come back with the next switch.
public struct SessionRouter: Sendable {
  public let routing: SessionRouting
  private let firestore: any SessionStore
  private let agentEngine: (any SessionStore)?
  private let idMap: SessionIDMap?

  /// - Parameter agentEngine: nil when it is not set; then all sessions are in Firestore.
  public init(
    routing: SessionRouting, firestore: any SessionStore, agentEngine: (any SessionStore)?,
    idMap: SessionIDMap? = nil
  ) {
    self.routing = routing
    self.firestore = firestore
    self.agentEngine = agentEngine
    self.idMap = idMap
  }

  /// - Parameter isNewID: whether the id was made just now, so that no store can have it.
  public func create(
    _ key: SessionKey, state: SessionState, isVoice: Bool = false, isNewID: Bool = false
  ) async throws(SessionStoreError) -> Session {
    guard let engine = engine(of: key.user, isVoice) else {
      return try await firestore.create(key, state: state)
    }
    if !isNewID, try await firestore.session(key, events: .none) != nil { throw .exists }
    let inside = SessionKey(user: key.user, id: idMap?.target(of: key) ?? key.id)
    return outside(try await engine.create(inside, state: state), key)
  }

  public func session(
    _ key: SessionKey, events: EventSelection, isVoice: Bool = false
  ) async throws(SessionStoreError) -> Session? {
    guard let engine = engine(of: key.user, isVoice) else {
      return try await firestore.session(key, events: events)
    }
    for id in engineIDs(of: key) {
      let inside = SessionKey(user: key.user, id: id)
      if let found = try await engine.session(inside, events: events) { return outside(found, key) }
    }
    return try await firestore.session(key, events: events).flatMap { $0.isVoice ? nil : $0 }
  }

  public func sessions(
    of user: String, isVoice: Bool = false
  ) async throws(SessionStoreError) -> [Session] {
    guard let engine = engine(of: user, isVoice) else {
      return try await firestore.sessions(of: user)
    }
    async let asked = list(firestore, user)
    let moved = try await engine.sessions(of: user)
    let others = try await asked.get().filter { !$0.isVoice }
    var outsideKeys: [String: SessionKey] = [:]
    for session in others {
      for id in engineIDs(of: session.key) { outsideKeys[id] = session.key }
    }
    let found = moved.map { session in
      let old = idMap?.source(of: session.key).map { SessionKey(user: user, id: $0) }
      return outside(session, old ?? outsideKeys[session.key.id] ?? session.key)
    }
    let known = Set(found.map(\.key))
    return found + others.filter { !known.contains($0.key) }
  }

  public func append(
    _ event: SessionEvent, to key: SessionKey, isVoice: Bool = false
  ) async throws(SessionStoreError) {
    if let engine = engine(of: key.user, isVoice) {
      for id in engineIDs(of: key) {
        do throws(SessionStoreError) {
          return try await engine.append(event, to: SessionKey(user: key.user, id: id))
        } catch .missing {
          // The next place.
        }
      }
      guard try await firestore.session(key, events: .none)?.isVoice == false else {
        throw .missing
      }
    }
    try await firestore.append(event, to: key)
  }

  /// Removes the session and its copy in the other store. When it throws, one of them may be gone; called
  /// again it goes on.
  ///
  /// What counts is removed first, and once more at the end: a migration that moves the session at this
  /// moment looks, once it has written, whether its source is still there.
  public func delete(_ key: SessionKey, isVoice: Bool = false) async throws(SessionStoreError) {
    guard let agentEngine, !isVoice else { return try await firestore.delete(key) }
    let isMoved = engine(of: key.user, isVoice) != nil
    for deletesFromEngine in [isMoved, !isMoved, isMoved] {
      if deletesFromEngine {
        for id in engineIDs(of: key) {
          try await agentEngine.delete(SessionKey(user: key.user, id: id))
        }
      } else if isMoved {
        // A voice session has to be asked for as one.
        guard try await firestore.session(key, events: .none)?.isVoice == false else { continue }
        try await firestore.delete(key)
      } else {
        try await firestore.delete(key)
      }
    }
  }

  /// Agent Engine, when the user's sessions are there.
  private func engine(of user: String, _ isVoice: Bool) -> (any SessionStore)? {
    routing.decide(user: user, isVoice: isVoice).backend == .agentEngine ? agentEngine : nil
  }

  /// The ids under which Agent Engine may have the session. A migration that runs beside the server may
  /// have given it a new one that the table did not have at the start.
  private func engineIDs(of key: SessionKey) -> [String] {
    if let known = idMap?.target(of: key) { return [known] }
    let mapped = SessionIDMap.target(for: key)
    return SessionIDMap.isAgentEngineID(key.id) ? [key.id, mapped] : [mapped]
  }

  private func list(
    _ store: any SessionStore, _ user: String
  ) async -> Result<[Session], SessionStoreError> {
    do throws(SessionStoreError) { return .success(try await store.sessions(of: user)) } catch {
      return .failure(error)
    }
  }

  private func outside(_ session: Session, _ key: SessionKey) -> Session {
    var session = session
    session.key = key
    return session
  }
}
