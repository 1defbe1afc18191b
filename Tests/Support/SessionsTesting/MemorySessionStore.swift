import Events
public import Sessions

/// Sessions in memory, with the rules that all stores have in common.
public actor MemorySessionStore: SessionStore {
  public nonisolated let name: String
  public nonisolated let capabilities: SessionStoreCapabilities
  private let pageSize: Int
  private var sessions: [SessionKey: Session] = [:]
  private var app: [String: SessionValue] = [:]
  private var users: [String: [String: SessionValue]] = [:]
  private var writes = 0

  public init(
    name: String = "memory",
    capabilities: SessionStoreCapabilities = SessionStoreCapabilities(
      keepsCreateTime: true, keepsUpdateTime: true, sharesScopes: true, separatesUsers: true),
    pageSize: Int = 3
  ) {
    self.name = name
    self.capabilities = capabilities
    self.pageSize = pageSize
  }

  public func create(
    _ key: SessionKey, state: SessionState
  ) throws(SessionStoreError) -> Session {
    try check(key)
    guard sessions[key] == nil else { throw .exists }
    let now = Timestamp.now()
    sessions[key] = Session(
      key: key, createTime: now, updateTime: now)
    apply(state, to: key)
    return whole(key, events: .none)!
  }

  public func session(_ key: SessionKey, events: EventSelection) -> Session? {
    whole(key, events: events)
  }

  public func sessions(of user: String) -> [Session] {
    sessions.keys.filter { $0.user == user }.compactMap { whole($0, events: .none) }
  }

  public func append(_ event: SessionEvent, to key: SessionKey) throws(SessionStoreError) {
    guard !event.isPartial else { return }
    guard sessions[key] != nil else { throw .missing }
    guard sessions[key]?.events.contains(where: { $0.id == event.id }) == false else { return }
    add(event, to: key)
    apply(SessionState(prefixed: event.stateDelta), to: key)
  }

  public func delete(_ key: SessionKey) { sessions[key] = nil }

  public func keys(after cursor: String?) -> SessionKeyPage {
    let start = cursor.flatMap { Int($0) } ?? 0
    let all = sessions.keys.sorted { ($0.user, $0.id) < ($1.user, $1.id) }
    let end = min(start + pageSize, all.count)
    return SessionKeyPage(
      keys: Array(all[min(start, end)..<end]), cursor: end < all.count ? "\(end)" : nil)
  }

  public func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing,
    made: @Sendable () -> Void
  ) async throws(SessionStoreError) {
    try check(session.key)
    guard sessions[session.key] == nil else { throw .exists }
    await pacing.pass(.session)
    var stored = session
    stored.events = []
    stored.state = SessionState()
    sessions[session.key] = stored
    made()
    for event in session.events where !event.isPartial { add(event, to: session.key) }
    apply(session.state.limited(to: scopes), to: session.key)
    sessions[session.key]?.updateTime = session.updateTime
  }

  public func bring(
    _ stored: Session, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool {
    let key = stored.key
    guard let now = sessions[key] else { throw .missing }
    guard now.version == stored.version else { throw .stale }
    for event in lacking { add(event, to: key) }
    sessions[key]?.state.session = session.state.session
    apply(session.state.limited(to: scopes), to: key)
    return true
  }

  public func add(
    _ late: [LateEvent], to key: SessionKey, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    for late in late {
      guard sessions[key] != nil else { throw .missing }
      add(late.event, to: key)
      apply(SessionState(prefixed: late.delta), to: key)
    }
  }

  public nonisolated func check(_ session: Session) throws(SessionStoreError) {
    try check(session.key)
  }

  private nonisolated func check(_ key: SessionKey) throws(SessionStoreError) {
    guard !key.id.isEmpty, !key.id.contains("/") else { throw .unfit("an id without a slash") }
  }

  private func add(_ event: SessionEvent, to key: SessionKey) {
    // Behind all that are not later.
    let place =
      sessions[key]?.events.firstIndex { $0.timestamp > event.timestamp }
      ?? sessions[key]?.events.count ?? 0
    sessions[key]?.events.insert(event.withoutTemporaryState, at: place)
  }

  private func apply(_ delta: SessionState, to key: SessionKey) {
    app.merge(delta.app) { $1 }
    users[key.user, default: [:]].merge(delta.user) { $1 }
    sessions[key]?.state.session.merge(delta.session) { $1 }
    writes += 1
    sessions[key]?.version = "\(writes)"
    sessions[key]?.updateTime = .now()
  }

  private func whole(_ key: SessionKey, events: EventSelection) -> Session? {
    guard var session = sessions[key] else { return nil }
    session.state.app = app
    session.state.user = users[key.user] ?? [:]
    session.events = events.apply(to: session.events)
    return session
  }
}
