import Events
public import Sessions

// Sessions that come from elsewhere.
extension AgentEngineSessionStore {
  /// How many appends of one session are under way at a time.
  private static let lanes = 4

  /// Makes the session with the state that it shall have in the end, and appends its events.
  ///
  /// Each append applies the event's delta again. Events that carry one, and those of one time, follow one
  /// another in their order; the others go side by side. Where the deltas lead elsewhere than to the
  /// state, which others may have changed since, the state is written once more.
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
    if reached != session.state { try await patch(session.key, state: session.state, pacing) }
  }

  public func bring(
    _ key: SessionKey, to session: Session, lacking: [SessionEvent],
    scopes: Set<SessionState.Scope>, pacing: any WritePacing
  ) async throws(SessionStoreError) {
    let appends = try prepare(lacking.map(\.withoutTemporaryState))
    _ = try encode(session.state)
    try await send(appends, to: key, pacing)
    guard let stored = try await self.session(key, events: .none) else { throw .missing }
    if stored.state != session.state { try await patch(key, state: session.state, pacing) }
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

  private func send(
    _ appends: [Append], to key: SessionKey, _ pacing: any WritePacing
  ) async throws(SessionStoreError) {
    let events = appends.map(\.event)
    var lanes: [[Int]] = Array(repeating: [], count: Self.lanes)
    var next = 1
    for place in events.indices {
      let isTied =
        place > 0 && events[place - 1].timestamp == events[place].timestamp
        || place + 1 < events.count && events[place + 1].timestamp == events[place].timestamp
      if isTied || !events[place].stateDelta.isEmpty {
        lanes[0].append(place)
      } else {
        lanes[next].append(place)
        next = next + 1 < Self.lanes ? next + 1 : 1
      }
    }
    let results = await withTaskGroup(of: Result<Void, SessionStoreError>.self) { group in
      for lane in lanes where !lane.isEmpty {
        group.addTask {
          do throws(SessionStoreError) {
            for place in lane {
              try await append(appends[place], to: key, pacing)
            }
            return .success(())
          } catch {
            return .failure(error)
          }
        }
      }
      var first: Result<Void, SessionStoreError> = .success(())
      for await result in group {
        if case .success = first { first = result }
      }
      return first
    }
    try results.get()
  }
}
