import Events
import Sessions

// What comes from elsewhere.
extension SessionStoreUnderTest {
  func checkRestore() async throws {
    let session = SampleSessions.session(key, events: 12)
    try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
    let stored = try await self.session()
    try expect(stored.state == session.state, "the state is \(stored.state)")
    try expect(events: stored.events, session.events)
    if store.capabilities.keepsCreateTime {
      try expect(
        stored.createTime == session.createTime, "it was made at \(stored.createTime as Any)")
    }
    if store.capabilities.keepsUpdateTime {
      try expect(
        stored.updateTime == session.updateTime, "it was changed at \(stored.updateTime as Any)")
    }
    try await expect(throwing: .exists) { () async throws(SessionStoreError) in
      try await store.restore(session, scopes: [], pacing: NoPacing())
    }
    try await store.append(SampleSessions.event(99), to: key)
    try expect(try await self.session().events.count == 13, "a restored session takes no event")
  }

  func checkBring() async throws {
    var session = SampleSessions.session(key, events: 3)
    try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
    let more = (3..<6).map { SampleSessions.event($0, delta: ["counter": .integer(Int64($0))]) }
    session.events += more
    session.state.session["counter"] = .integer(5)
    session.state.session["late"] = .string("yes")
    session.state.user["level"] = .integer(8)
    session.updateTime = .now()
    let before = try await self.session()
    let isChanged = try await store.bring(
      before, to: session, lacking: more, scopes: [.app, .user], pacing: NoPacing())
    try expect(isChanged, "it says that nothing was written")
    let stored = try await self.session()
    try expect(stored.state == session.state, "the state is \(stored.state)")
    try expect(events: stored.events, session.events)
    // Somebody writes here between the reading and the bringing.
    try await store.append(
      SampleSessions.event(50, delta: ["counter": .integer(50)]), to: key)
    session.state.session["late"] = .string("no")
    do throws(SessionStoreError) {
      _ = try await store.bring(stored, to: session, lacking: [], scopes: [], pacing: NoPacing())
    } catch {
      guard error == .stale else { throw error }
    }
    try expect(
      try await self.session().state.session["counter"] == .integer(50), "a write is lost")
  }

  func checkLate() async throws {
    let session = SampleSessions.session(key, events: 3)
    try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
    let late = [3, 6].map {
      SampleSessions.event(
        $0,
        delta: [
          "counter": .integer(Int64($0)), "only \($0)": .boolean(true), "user:level": .integer(9),
        ])
    }
    // Made here while the other store had those two.
    let here = SampleSessions.event(5, delta: ["counter": .integer(5), "here": .integer(1)])
    try await store.append(here, to: key)
    let before = try await self.session()
    let late1 = LateEvent.make([late[0]], scopes: [], behind: before.events)
    try expect(late1[0].delta == ["only 3": .boolean(true)], "the delta is \(late1[0].delta)")
    try await store.add(late1, to: key, pacing: NoPacing())
    let stored = try await self.session()
    try expect(events: stored.events, session.events + [late[0], here])
    try expect(
      stored.state.session["counter"] == .integer(5)
        && stored.state.session["only 3"] == .boolean(true)
        && stored.state.user["level"] == .integer(7), "the state is \(stored.state)")
    try await store.add(
      LateEvent.make([late[1]], scopes: [.user], behind: stored.events), to: key,
      pacing: NoPacing())
    let end = try await self.session()
    try expect(
      end.state.session["counter"] == .integer(6) && end.state.user["level"] == .integer(9)
        && end.state.session["here"] == .integer(1), "the state is \(end.state)")
    try expect(events: end.events, session.events + [late[0], here, late[1]])
  }
}
