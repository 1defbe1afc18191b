import Sessions

/// Checks each promise of `SessionStoreConformance`.
struct SessionStoreUnderTest {
  let store: any SessionStore
  let unfit: SessionKey
  let key = SessionKey(user: "ada@example.com", id: "s1")

  func checkCreate() async throws {
    let made = try await store.create(key, state: SessionState(session: ["a": .integer(1)]))
    try expect(made.key == key && made.state.session == ["a": .integer(1)], "made \(made)")
    try await expect(throwing: .exists) { () async throws(SessionStoreError) in
      _ = try await store.create(key, state: SessionState(session: ["a": .integer(2)]))
    }
    let stored = try await session()
    try expect(stored.state.session == ["a": .integer(1)], "the second create left its mark")
    try expect(stored.createTime != nil && stored.updateTime != nil, "there are no times")
    try expect(try await store.sessions(of: key.user).map(\.key) == [key], "it is not listed")
  }

  func checkValues() async throws {
    let values = SampleSessions.values
    _ = try await store.create(key, state: SessionState(session: values))
    let stored = try await session().state.session
    for (name, value) in values {
      try expect(stored[name] == value, "\(name): \(value) came back as \(stored[name] as Any)")
    }
    try expect(stored.count == values.count, "there are other keys: \(stored.keys.sorted())")
  }

  func checkScopes() async throws {
    _ = try await store.create(
      key,
      state: SessionState(prefixed: [
        "app:theme": .string("dark"), "user:name": .string("Ada"), "temp:token": .string("x"),
        "plain": .null, "app:map": .map(["a": .integer(1)]),
      ]))
    let state = try await session().state
    try expect(
      state
        == SessionState(
          app: ["theme": .string("dark"), "map": .map(["a": .integer(1)])],
          user: ["name": .string("Ada")], session: ["plain": .null]),
      "the state is \(state)")
    guard store.capabilities.sharesScopes else { return }
    let second = SessionKey(user: key.user, id: "s2")
    let other = SessionKey(user: "grace", id: "s3")
    _ = try await store.create(second, state: SessionState(user: ["level": .integer(3)]))
    _ = try await store.create(other, state: SessionState())
    try expect(
      try await session().state.user == ["name": .string("Ada"), "level": .integer(3)],
      "a user's sessions do not share the user's state")
    let others = try await session(other).state
    try expect(others.user.isEmpty && others.app.count == 2, "another user sees \(others)")
  }

  func checkOrder() async throws {
    _ = try await store.create(key, state: SessionState())
    let events = SampleSessions.events(4)
    // The third comes late.
    for place in [0, 1, 3, 2] { try await store.append(events[place], to: key) }
    try expect(events: try await session().events, events)
  }

  func checkEqualTimes() async throws {
    _ = try await store.create(key, state: SessionState())
    // Ids that sort the other way round.
    let events = (0..<5).map { place -> SessionEvent in
      var event = SampleSessions.event(0)
      event.id = "e\(9 - place)"
      return event
    }
    for event in events { try await store.append(event, to: key) }
    try expect(events: try await session().events, events)
  }

  func checkDeltas() async throws {
    _ = try await store.create(
      key, state: SessionState(session: ["map": .map(["a": .integer(1)]), "keep": .integer(1)]))
    try await store.append(
      SampleSessions.event(
        0,
        delta: [
          "map": .map(["b": .integer(2)]), "user:u": .integer(1), "app:a": .string("ä"),
          "none": .null, "dotted.key": .integer(7),
        ]), to: key)
    let state = try await session().state
    try expect(
      state
        == SessionState(
          app: ["a": .string("ä")], user: ["u": .integer(1)],
          session: [
            "map": .map(["b": .integer(2)]), "keep": .integer(1), "none": .null,
            "dotted.key": .integer(7),
          ]), "the state is \(state)")
  }

  func checkRepeatedEvent() async throws {
    _ = try await store.create(key, state: SessionState())
    let events = SampleSessions.events(2)
    for event in [events[0], events[1], events[0]] { try await store.append(event, to: key) }
    try expect(events: try await session().events, events)
  }

  func checkTemporary() async throws {
    _ = try await store.create(key, state: SessionState())
    var partial = SampleSessions.event(0)
    partial.members["partial"] = .boolean(true)
    try await store.append(partial, to: key)
    let event = SampleSessions.event(1, delta: ["temp:x": .integer(1), "y": .integer(2)])
    try await store.append(event, to: key)
    let stored = try await session()
    try expect(events: stored.events, [event.withoutTemporaryState])
    try expect(stored.state.prefixed == ["y": .integer(2)], "the state is \(stored.state)")
  }

  func checkSelections() async throws {
    _ = try await store.create(key, state: SessionState())
    let events = SampleSessions.events(5)
    for event in events { try await store.append(event, to: key) }
    try expect(events: try await session(events: .none).events, [])
    try expect(events: try await session(events: .recent(2)).events, Array(events[3...]))
    try expect(events: try await session(events: .recent(0)).events, [])
    try expect(events: try await session(events: .recent(9)).events, events)
    try expect(
      events: try await session(events: .since(events[2].timestamp)).events, Array(events[2...]))
  }

  func checkMissing() async throws {
    try expect(try await store.session(key, events: .all) == nil, "there is a session")
    try await expect(throwing: .missing) { () async throws(SessionStoreError) in
      try await store.append(SampleSessions.event(0), to: key)
    }
    try await store.delete(key)
    try expect(try await store.session(key, events: .all) == nil, "the append made a session")
    try expect(try await store.sessions(of: key.user).isEmpty, "there are sessions")
  }

  func checkDelete() async throws {
    _ = try await store.create(key, state: SessionState())
    for event in SampleSessions.events(3) { try await store.append(event, to: key) }
    try await store.delete(key)
    try expect(try await store.session(key, events: .all) == nil, "it is still there")
    _ = try await store.create(key, state: SessionState())
    try expect(events: try await session().events, [])
  }

  func checkUsers() async throws {
    let other = SessionKey(user: "grace", id: store.capabilities.separatesUsers ? key.id : "s2")
    _ = try await store.create(key, state: SessionState(session: ["who": .string("ada")]))
    _ = try await store.create(other, state: SessionState(session: ["who": .string("grace")]))
    try expect(try await session().state.session["who"] == .string("ada"), "users are mixed up")
    try expect(
      try await store.sessions(of: "grace").map(\.key) == [other], "the list mixes users up")
    try expect(
      try await store.session(SessionKey(user: "eve", id: key.id), events: .none) == nil,
      "a session is given to another user")
    try await store.delete(SessionKey(user: "eve", id: key.id))
    try expect(try await session().key == key, "another user has deleted it")
  }

  func checkKeys() async throws {
    var made: Set<SessionKey> = []
    for number in 0..<11 {
      let key = SessionKey(user: "user \(number % 4) ü", id: "s-\(number)")
      _ = try await store.create(key, state: SessionState())
      made.insert(key)
    }
    var found: [SessionKey] = []
    var cursor: String?
    repeat {
      let page = try await store.keys(after: cursor)
      found += page.keys
      cursor = page.cursor
    } while cursor != nil
    try expect(found.count == made.count && Set(found) == made, "found \(found)")
  }

  func checkUnfit() async throws {
    try await expectUnfit { () async throws(SessionStoreError) in
      _ = try await store.create(unfit, state: SessionState())
    }
    try await expectUnfit { () async throws(SessionStoreError) in
      try await store.restore(Session(key: unfit), scopes: [], pacing: NoPacing())
    }
    try await expectUnfit { () async throws(SessionStoreError) in
      try store.check(Session(key: unfit))
    }
    try store.check(SampleSessions.session(key, events: 3))
    try expect(try await store.keys(after: nil).keys.isEmpty, "something was written")
  }

  // MARK: Helpers

  func session(
    _ key: SessionKey? = nil, events: EventSelection = .all
  ) async throws -> Session {
    guard let session = try await store.session(key ?? self.key, events: events) else {
      throw SessionStoreFailure(description: "the session is not there")
    }
    return session
  }

  func expectUnfit(_ body: () async throws(SessionStoreError) -> Void) async throws {
    var found: SessionStoreError?
    do throws(SessionStoreError) { try await body() } catch { found = error }
    guard case .unfit = found else {
      throw SessionStoreFailure(
        description: "an id that does not fit was answered with \(found as Any)")
    }
  }

  func expect(_ condition: Bool, _ failure: @autoclosure () -> String) throws {
    guard condition else { throw SessionStoreFailure(description: failure()) }
  }

  func expect(events: [SessionEvent], _ expected: [SessionEvent]) throws {
    try expect(
      events.map(\.id) == expected.map(\.id), "the events are \(events.map(\.id))")
    for (event, wanted) in zip(events, expected) where event != wanted {
      throw SessionStoreFailure(description: "\(wanted) came back as \(event)")
    }
  }

  func expect(
    throwing expected: SessionStoreError, _ body: () async throws(SessionStoreError) -> Void
  ) async throws {
    do throws(SessionStoreError) { try await body() } catch {
      guard error == expected else {
        throw SessionStoreFailure(description: "instead of \(expected) came \(error)")
      }
      return
    }
    throw SessionStoreFailure(description: "it did not throw \(expected)")
  }
}
