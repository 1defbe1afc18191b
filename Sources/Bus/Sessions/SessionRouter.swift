/// Serves each user's sessions from the store that `SessionRouting` names. Safe from any task.
///
/// A session whose id had to change on its way into Agent Engine is asked for, and given back, under the id
/// that it had before.
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

  public func create(
    _ key: SessionKey, state: SessionState, isVoice: Bool = false
  ) async throws(SessionStoreError) -> Session {
    let (store, inside) = place(of: key, isVoice)
    return outside(try await store.create(inside, state: state), key)
  }

  public func session(
    _ key: SessionKey, events: EventSelection, isVoice: Bool = false
  ) async throws(SessionStoreError) -> Session? {
    let (store, inside) = place(of: key, isVoice)
    return try await store.session(inside, events: events).map { outside($0, key) }
  }

  public func sessions(
    of user: String, isVoice: Bool = false
  ) async throws(SessionStoreError) -> [Session] {
    let isMoved = isMoved(user, isVoice)
    let store = isMoved ? agentEngine ?? firestore : firestore
    return try await store.sessions(of: user).map { session in
      guard isMoved, let old = idMap?.source(of: session.key) else { return session }
      return outside(session, SessionKey(user: user, id: old))
    }
  }

  public func append(
    _ event: SessionEvent, to key: SessionKey, isVoice: Bool = false
  ) async throws(SessionStoreError) {
    let (store, inside) = place(of: key, isVoice)
    try await store.append(event, to: inside)
  }

  public func delete(_ key: SessionKey, isVoice: Bool = false) async throws(SessionStoreError) {
    let (store, inside) = place(of: key, isVoice)
    try await store.delete(inside)
  }

  private func isMoved(_ user: String, _ isVoice: Bool) -> Bool {
    agentEngine != nil && routing.decide(user: user, isVoice: isVoice).backend == .agentEngine
  }

  private func place(of key: SessionKey, _ isVoice: Bool) -> (any SessionStore, SessionKey) {
    guard isMoved(key.user, isVoice), let agentEngine else { return (firestore, key) }
    return (agentEngine, SessionKey(user: key.user, id: idMap?.target(of: key) ?? key.id))
  }

  private func outside(_ session: Session, _ key: SessionKey) -> Session {
    var session = session
    session.key = key
    return session
  }
}
