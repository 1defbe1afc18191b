import Events
public import Sessions

// Sessions that come from elsewhere.
extension AgentEngineSessionStore {
  /// How many appends of one session are under way at a time.
  private static let lanes = 8

  /// Makes the session with the state that it shall have in the end, and appends its events.
  ///
  /// Each append applies the event's delta again. `AppendOrder` keeps those apart whose order counts; the
  /// others go side by side. Where the deltas lead elsewhere than to the state, which others may have
  /// changed since, the state is written once more.
  public func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing,
    made: @Sendable () -> Void
  ) async throws(SessionStoreError) {
    let events = session.events.filter { !$0.isPartial }.map(\.withoutTemporaryState)
    // Whatever does not fit is found before anything is written.
    let appends = try prepare(events)
    try await make(session.key, state: session.state, pacing)
    made()
    try await send(appends, to: session.key, pacing)
    var reached = session.state
    for event in events { reached.apply(SessionState(prefixed: event.stateDelta)) }
    if reached != session.state { try await settle(session.key, like: session, pacing) }
  }

  public func bring(
    _ stored: Session, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool {
    let appends = try prepare(lacking.map(\.withoutTemporaryState))
    _ = try encode(session.state)
    try await send(appends, to: stored.key, pacing)
    let known = Set(session.events.map(\.id))
    guard let now = try await self.session(stored.key, events: .all) else { throw .missing }
    guard now.state != session.state else { return !lacking.isEmpty }
    // The session has gone on here since it was read: its state counts now.
    guard now.events.allSatisfy({ known.contains($0.id) }) else { throw .stale }
    try await settle(stored.key, like: session, pacing)
    return true
  }

  public func add(
    _ late: [LateEvent], to key: SessionKey, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    let start = Timestamp.now().microseconds
    var appends: [Append] = []
    for (place, late) in late.enumerated() {
      appends.append(
        try Append(
          late.event.withoutTemporaryState, applying: late.delta, order: start + Int64(place)))
    }
    for append in appends { try await self.append(append, to: key, pacing) }
  }

  /// Writes the state. The API has no precondition for that: what somebody appended meanwhile is looked for
  /// and put on top again.
  private func settle(
    _ key: SessionKey, like session: Session, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    try await patch(key, state: session.state, pacing)
    guard let now = try await self.session(key, events: .all) else { throw .missing }
    let known = Set(session.events.map(\.id))
    let others = now.events.filter { !known.contains($0.id) }
    guard !others.isEmpty else { return }
    var state = session.state
    for event in others { state.apply(SessionState(prefixed: event.stateDelta)) }
    try await patch(key, state: state, pacing)
  }

  public func check(_ session: Session) throws(SessionStoreError) {
    try check(session.key)
    _ = try encode(session.state)
    _ = try prepare(session.events)
  }

  private func prepare(_ events: [SessionEvent]) throws(SessionStoreError) -> [Append] {
    let start = Timestamp.now().microseconds
    var appends: [Append] = []
    appends.reserveCapacity(events.count)
    for (place, event) in events.enumerated() {
      appends.append(try Append(event, order: start + Int64(place)))
    }
    return appends
  }

  /// Makes the appends, each as soon as those are made that it must follow.
  private func send(
    _ appends: [Append], to key: SessionKey, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    var order = AppendOrder(appends.map(\.event))
    var failure: SessionStoreError?
    await withTaskGroup(of: Result<Int, SessionStoreError>.self) { group in
      var underWay = 0
      while true {
        while underWay < Self.lanes, failure == nil, let place = order.next() {
          group.addTask {
            do throws(SessionStoreError) {
              try await append(appends[place], to: key, pacing)
              return .success(place)
            } catch {
              return .failure(error)
            }
          }
          underWay += 1
        }
        guard let result = await group.next() else { return }
        underWay -= 1
        switch result {
        case .success(let place): order.finish(place)
        case .failure(let error): failure = failure ?? error
        }
      }
    }
    if let failure { throw failure }
  }
}
