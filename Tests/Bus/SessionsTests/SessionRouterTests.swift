import Sessions
import SessionsTesting
import Testing

struct SessionRouterTests {
  private let firestore = MemorySessionStore(name: "firestore")
  private let agentEngine = MemorySessionStore(name: "agent-engine")

  private func router(
    _ percentage: String, idMap: SessionIDMap? = nil
  ) throws -> SessionRouter {
    SessionRouter(
      routing: try SessionRouting(
        agentEngineID: "42", agentEngineResourceName: "p/42", migratedUsers: nil,
        percentage: percentage), firestore: firestore, agentEngine: agentEngine, idMap: idMap)
  }

  @Test func eachUserHasTheirStore() async throws {
    let router = try router("53")
    // Places 52 and 94.
    for user in ["U", "user-1"] {
      let key = SessionKey(user: user, id: "s")
      _ = try await router.create(key, state: SessionState())
      try await router.append(SampleSessions.event(0), to: key)
      #expect(try await router.session(key, events: .all)?.events == [SampleSessions.event(0)])
      #expect(try await router.sessions(of: user).map(\.key) == [key])
    }
    #expect(await firestore.keys(after: nil).keys == [SessionKey(user: "user-1", id: "s")])
    #expect(await agentEngine.keys(after: nil).keys == [SessionKey(user: "U", id: "s")])
    try await router.delete(SessionKey(user: "U", id: "s"))
    #expect(await agentEngine.keys(after: nil).keys.isEmpty)
  }

  @Test func voiceSessionsStay() async throws {
    let router = try router("100")
    let key = SessionKey(user: "U", id: "v")
    _ = try await router.create(
      key, state: SessionState(session: ["kind": .string("voice")]), isVoice: true)
    #expect(try await router.session(key, events: .none) == nil)
    #expect(try await router.session(key, events: .none, isVoice: true)?.isVoice == true)
    #expect(await agentEngine.keys(after: nil).keys.isEmpty)
  }

  @Test func aSessionThatWaitsInFirestoreIsServedFromThere() async throws {
    let key = SessionKey(user: "U", id: "s-1")
    let unfit = SessionKey(user: "U", id: "20HGa8Zx0BqtWPkRvTmn")
    for key in [key, unfit] { _ = try await firestore.create(key, state: SessionState()) }
    _ = try await firestore.create(
      SessionKey(user: "U", id: "v"), state: SessionState(session: ["kind": .string("voice")]))
    // The settings name Agent Engine from now on.
    let router = try router("100")
    try await router.append(SampleSessions.event(0), to: key)
    #expect(try await router.session(key, events: .all)?.events.count == 1)
    #expect(Set(try await router.sessions(of: "U").map(\.key)) == [key, unfit])
    await #expect(throws: SessionStoreError.exists) {
      try await router.create(key, state: SessionState())
    }
    // Brought over, one of them under a new id that the server's table does not have.
    for (key, id) in [(key, key.id), (unfit, try SessionIDMap().map(unfit))] {
      _ = try await agentEngine.create(SessionKey(user: "U", id: id), state: SessionState())
      try await router.append(SampleSessions.event(1), to: key)
      #expect(
        try await router.session(key, events: .all)?.events.map(\.id) == ["event-1"])
    }
    #expect(Set(try await router.sessions(of: "U").map(\.key)) == [key, unfit])
    #expect(await firestore.session(key, events: .all)?.events.map(\.id) == ["event-0"])
  }

  @Test(arguments: ["0", "100"])
  func aDeletedSessionDoesNotComeBackWithTheNextSwitch(percentage: String) async throws {
    let (key, voice) = (SessionKey(user: "U", id: "s-1"), SessionKey(user: "U", id: "v"))
    for store in [firestore, agentEngine] { _ = try await store.create(key, state: SessionState()) }
    _ = try await firestore.create(
      voice, state: SessionState(session: ["kind": .string("voice")]))
    let router = try router(percentage)
    try await router.delete(key)
    #expect(await agentEngine.keys(after: nil).keys.isEmpty)
    #expect(await firestore.keys(after: nil).keys == [voice])
    try await router.delete(voice, isVoice: true)
    #expect(await firestore.keys(after: nil).keys.isEmpty)
  }

  @Test func aMappedSessionIsFoundUnderItsOldID() async throws {
    let map = SessionIDMap()
    let key = SessionKey(user: "U", id: "20HGa8Zx0BqtWPkRvTmn")
    let target = try map.map(key)
    _ = try await agentEngine.create(
      SessionKey(user: "U", id: target), state: SessionState(session: ["a": .null]))
    let router = try router("100", idMap: map)
    try await router.append(SampleSessions.event(0), to: key)
    let found = try #require(try await router.session(key, events: .all))
    #expect(found.key == key)
    #expect(found.events.count == 1)
    #expect(try await router.sessions(of: "U").map(\.key) == [key])
  }
}
