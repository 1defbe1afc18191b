import Events
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

@testable import AgentEngine

@Suite(.tags(.servers)) struct AgentEngineSessionStoreTests {
  private let key = SessionKey(user: "ada \"the\\first\" ü", id: "s-1")

  @Test(arguments: SessionStoreConformance.allCases)
  func conforms(to promise: SessionStoreConformance) async throws {
    try await withAgentEngine { store, _ in
      try await promise.check(store, unfit: SessionKey(user: "u", id: "S_1"))
    }
  }

  @Test func anAppendWhoseAnswerIsLostIsLookedForFirst() async throws {
    let seen = Mutex<Set<[UInt8]>>([])
    let stub = AgentEngineStub { request, _ in
      // The first try of each event fails: of one half it is done, and its answer lost.
      guard request.target.hasSuffix(":appendEvent"),
        seen.withLock({ $0.insert(request.body).inserted })
      else { return nil }
      return request.text.contains("\"author\":\"user\"")
        ? .cutAfter : .answer(503, status: "UNAVAILABLE")
    }
    try await withAgentEngine(stub) { store, _ in
      let session = SampleSessions.session(key, events: 12)
      try await store.restore(session, scopes: [], pacing: NoPacing())
      let stored = try #require(try await store.session(key, events: .all))
      #expect(stored.events == session.events)
      #expect(stub.eventCount == 12)
    }
  }

  @Test func aSessionWhoseMakingIsNotAnsweredIsMadeOnce() async throws {
    let isCut = Mutex(false)
    let stub = AgentEngineStub { request, _ in
      guard request.method == "POST", request.target.contains("sessionId=") else { return nil }
      return isCut.withLock { isCut in
        defer { isCut = true }
        return isCut ? nil : .cutAfter
      }
    }
    try await withAgentEngine(stub) { store, _ in
      let made = try await store.create(key, state: SessionState(session: ["a": .integer(1)]))
      #expect(made.state.session == ["a": .integer(1)])
      #expect(stub.sessionCount == 1)
    }
  }

  @Test func anOperationThatIsGoneMayHaveEndedWell() async throws {
    let polls = Mutex(0)
    let stub = AgentEngineStub { request, _ in
      guard request.target.contains("/operations/") else { return nil }
      // The second question is answered with the end, and the answer is lost.
      return polls.withLock { count in
        count += 1
        return count == 2 ? .cutAfter : nil
      }
    }
    try await withAgentEngine(stub) { store, _ in
      let made = try await store.create(key, state: SessionState(session: ["a": .integer(1)]))
      #expect(made.state.session == ["a": .integer(1)])
    }
  }

  @Test func tooManyCallsAreNoFailedTries() async throws {
    let pacing = CountingPacing()
    let stub = AgentEngineStub { request, _ in
      request.method == "POST" && pacing.slowDowns < 9
        ? .answer(429, status: "RESOURCE_EXHAUSTED") : nil
    }
    try await withAgentEngine(stub) { store, _ in
      let session = SampleSessions.session(key, events: 3)
      try await store.restore(session, scopes: [], pacing: pacing)
      #expect(try await store.session(key, events: .all)?.events == session.events)
      #expect(pacing.slowDowns == 9)
    }
  }

  @Test func anOperationMayFail() async throws {
    let script: FaultServer.Script = { request in
      request.method == "POST"
        ? .json(200, #"{"name":"projects/p/operations/1"}"#)
        : .json(
          200, #"{"name":"x","done":true,"error":{"code":6,"message":"Session exists"}}"#)
    }
    try await withFaultServer(otherwise: script) { server in
      let error = await #expect(throws: SessionStoreError.self) {
        try await withStore(server) { try await $0.create(key, state: SessionState()) }
      }
      #expect(error == .exists)
    }
  }

  @Test func deltasOfARestoredSessionAreNotAppliedAgain() async throws {
    try await withAgentEngine { store, server in
      var session = SampleSessions.session(key, events: 4)
      // Someone wrote to the user's state through another session.
      session.events[1].members["actions"] = .map([
        "stateDelta": .map(["user:level": .integer(1)])
      ])
      try await store.restore(session, scopes: [], pacing: NoPacing())
      let stored = try #require(try await store.session(key, events: .all))
      #expect(stored.state == session.state)
      #expect(stored.events == session.events)
      #expect(!server.requests.contains { $0.method == "PATCH" })
    }
  }

  @Test func whatOthersWriteWhileASessionIsBroughtStays() async throws {
    let others = SampleSessions.event(
      90, delta: ["counter": .integer(90), "theirs": .boolean(true)])
    let theirs = try #require(AgentEngineEvent.encode(others, order: 1).members)
    let isArmed = Mutex(false)
    let stubs = Mutex<AgentEngineStub?>(nil)
    let stub = AgentEngineStub { request, _ in
      let isNow = isArmed.withLock { isArmed in
        defer { if request.target.hasSuffix(":appendEvent") { isArmed = false } }
        return isArmed && request.target.hasSuffix(":appendEvent")
      }
      if isNow {
        stubs.withLock { $0 }?.tamper("s-1") { state, events in
          state.merge(others.stateDelta) { $1 }
          events.append(theirs)
        }
      }
      return nil
    }
    stubs.withLock { $0 = stub }
    try await withAgentEngine(stub) { store, _ in
      let key = SessionKey(user: "ada", id: "s-1")
      var session = SampleSessions.session(key, events: 3)
      try await store.restore(session, scopes: [], pacing: NoPacing())
      let before = try #require(try await store.session(key, events: .all))
      let ours = SampleSessions.event(
        5, delta: ["counter": .integer(5), "ours": .boolean(true)])
      session.events.append(ours)
      session.state.apply(SessionState(prefixed: ours.stateDelta))
      isArmed.withLock { $0 = true }
      let isChanged = try await store.bring(
        before, to: session, lacking: [ours], scopes: [], pacing: NoPacing())
      #expect(isChanged)
      let after = try #require(try await store.session(key, events: .all))
      #expect(after.events.map(\.id).suffix(2) == ["event-5", "event-90"])
      #expect(after.state.session["counter"] == .integer(90))
      #expect(after.state.session["ours"] == .boolean(true))
      #expect(after.state.session["theirs"] == .boolean(true))
    }
  }

  @Test func whatDoesNotFitIsFoundBeforeAnythingIsWritten() async throws {
    try await withAgentEngine { store, server in
      var states = [Session](repeating: SampleSessions.session(key, events: 2), count: 3)
      states[0].state.session["nan"] = .double(.nan)
      states[1].state.app["large"] = .integer(.max)
      states[2].events[1].members["customMetadata"] = .map(["x": .double(.infinity)])
      for session in states {
        do {
          try await store.restore(session, scopes: [], pacing: NoPacing())
          Issue.record("it was taken")
        } catch let error as SessionStoreError {
          guard case .unfit = error else { throw error }
        }
      }
      #expect(server.requests.isEmpty)
    }
  }

  @Test func whatPartsTheAPIDoesNotKnowStayInTheRawEvent() async throws {
    try await withAgentEngine { store, _ in
      _ = try await store.create(key, state: SessionState())
      var event = SampleSessions.event(0)
      event.members["content"] = .map([
        "parts": .array([.map(["text": .string("x"), "partMetadata": .map(["a": .integer(1)])])])
      ])
      try await store.append(event, to: key)
      #expect(try await store.session(key, events: .all)?.events == [event])
    }
  }

  @Test func manyPagesAreOne() async throws {
    try await withAgentEngine { store, _ in
      let session = SampleSessions.session(key, events: 230)
      try await store.restore(session, scopes: [], pacing: NoPacing())
      #expect(try await store.session(key, events: .all)?.events == session.events)
    }
  }

  @Test func aSessionHasItsTimeToLive() async throws {
    let stub = AgentEngineStub()
    try await withAgentEngine(stub) { store, _ in
      _ = try await store.create(key, state: SessionState())
      #expect(stub.timesToLive == ["31536000s"])
    }
  }

  @Test(arguments: [
    ("41", AgentEngineStub.resourceName), ("42", "projects/p/reasoningEngines/42"),
    ("42", "projects/p/locations//reasoningEngines/42"),
    ("42", "projects/p/locations/x?y/reasoningEngines/42"),
  ])
  func aNameThatIsNoneIsSaid(id: String, name: String) {
    #expect(throws: AgentEngineNameError.self) {
      try AgentEngineConfiguration(id: id, resourceName: name)
    }
  }
}

/// Counts how often it was asked to slow down, and waits for nothing.
final class CountingPacing: WritePacing {
  private let count = Mutex(0)
  var slowDowns: Int { count.withLock { $0 } }

  func pass(_ write: SessionWrite) async {}
  func slowDown(_ write: SessionWrite, for wait: Duration?) async { count.withLock { $0 += 1 } }
}
