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
