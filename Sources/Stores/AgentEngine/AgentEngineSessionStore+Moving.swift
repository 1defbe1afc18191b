import Events
public import Sessions

// Sessions that come from elsewhere.
extension AgentEngineSessionStore {
  /// How many appends of one session are under way at a time.
  private static let lanes = 16
  /// How often the state is looked at while others write, too.
  private static let looks = 3

  /// Makes the session with the state that it shall have in the end, and appends its events. Their deltas
  /// stand in `rawEvent` alone: applied again they would lead back through every state that there was.
  public func restore(
    _ session: Session, scopes: Set<SessionState.Scope>, pacing: any WritePacing,
    made: @Sendable () -> Void
  ) async throws(SessionStoreError) {
    let events = session.events.filter { !$0.isPartial }
    // Whatever does not fit is found before anything is written.
    let appends = try prepare(events.map { LateEvent($0, delta: [:]) })
    try await make(session.key, state: session.state, pacing)
    made()
    try await send(appends, to: session.key, pacing)
  }

  public func bring(
    _ stored: Session, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool {
    // Of what an event changes counts what the state has in the end. The rest is written after.
    let (wanted, there) = (session.state.prefixed, stored.state.prefixed)
    let late = lacking.map { event in
      LateEvent(
        event,
        delta: event.stateDelta.filter { wanted[$0.key] == $0.value && there[$0.key] != $0.value })
    }
    let appends = try prepare(late)
    _ = try encode(session.state)
    try await send(appends, to: stored.key, pacing)
    let isPatched = try await settle(stored.key, late, like: session, pacing)
    return isPatched || !lacking.isEmpty
  }

  public func add(
    _ late: [LateEvent], to key: SessionKey, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    for append in try prepare(late) { try await self.append(append, to: key, pacing) }
    _ = try await settle(key, late, like: nil, pacing)
  }

  /// Looks whether the state is what it has to be, and writes it where it is not.
  ///
  /// It has to be that of `session`. But where somebody has gone on here, each key that an event of theirs
  /// or of ours sets has to have the value that the last of all events gives it. The API has no precondition
  /// for a write of the state, so that it is looked at once more after one.
  ///
  /// - Returns: whether anything was written.
  private func settle(
    _ key: SessionKey, _ ours: [LateEvent], like session: Session?, _ pacing: any WritePacing
  ) async throws(SessionStoreError) -> Bool {
    let known = session.map { Set($0.events.map(\.id)) }
    var isPatched = false
    for _ in 0..<Self.looks {
      guard let now = try await self.session(key, events: .all) else { throw .missing }
      let others = now.events.filter { known?.contains($0.id) == false }
      let there = now.state.prefixed
      var wanted = there
      if let session, others.isEmpty {
        wanted = session.state.prefixed
      } else {
        let names = Set((ours.map(\.delta) + others.map(\.stateDelta)).flatMap(\.keys))
        for event in now.events {
          for (name, value) in event.stateDelta where names.contains(name) { wanted[name] = value }
        }
      }
      guard wanted != there else { return isPatched }
      try await patch(key, state: SessionState(prefixed: wanted), pacing)
      isPatched = true
    }
    return isPatched
  }

  public func check(_ session: Session) throws(SessionStoreError) {
    try check(session.key)
    _ = try encode(session.state)
    _ = try prepare(session.events.map { LateEvent($0, delta: [:]) })
  }

  private func prepare(_ events: [LateEvent]) throws(SessionStoreError) -> [Append] {
    let start = Timestamp.now().microseconds
    var appends: [Append] = []
    appends.reserveCapacity(events.count)
    for (place, late) in events.enumerated() {
      appends.append(
        try Append(
          late.event.withoutTemporaryState, applying: late.delta, order: start + Int64(place)))
    }
    return appends
  }

  /// Makes the appends side by side, but those of one time one after the other: the service gives them back
  /// in an order of its own, most likely that in which they came.
  private func send(
    _ appends: [Append], to key: SessionKey, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    var waiting = appends.chunked { $0.event.timestamp == $1.event.timestamp }[...]
    var failure: SessionStoreError?
    await withTaskGroup(of: Result<Void, SessionStoreError>.self) { group in
      var underWay = 0
      while true {
        while underWay < Self.lanes, failure == nil, let next = waiting.popFirst() {
          group.addTask {
            do throws(SessionStoreError) {
              for append in next { try await self.append(append, to: key, pacing) }
              return .success(())
            } catch {
              return .failure(error)
            }
          }
          underWay += 1
        }
        guard let result = await group.next() else { return }
        underWay -= 1
        if case .failure(let error) = result { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
  }
}

extension Array {
  /// Runs of neighbours that belong together.
  fileprivate func chunked(_ belong: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
    var runs: [ArraySlice<Element>] = []
    var start = 0
    for place in indices where place + 1 == count || !belong(self[place], self[place + 1]) {
      runs.append(self[start...place])
      start = place + 1
    }
    return runs
  }
}
