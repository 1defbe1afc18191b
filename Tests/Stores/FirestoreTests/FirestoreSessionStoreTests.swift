import CurlTransport
import Events
import GoogleCalls
import HTTPTypes
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

@testable import Firestore

@Suite(
  .tags(.servers), .enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing))
struct FirestoreSessionStoreTests {
  @Test(arguments: FirestoreLayout.Kind.allCases, SessionStoreConformance.allCases)
  func conforms(layout: FirestoreLayout.Kind, to promise: SessionStoreConformance) async throws {
    try await withFirestore { subject in
      try await promise.check(subject.store(layout), unfit: SessionKey(user: "u", id: "__x__"))
    }
  }

  @Test func adksLayoutCountsRevisionsAndHasATextForAState() async throws {
    try await withFirestore { subject in
      let store = subject.store(.adk)
      let key = SessionKey(user: "u", id: "s")
      _ = try await store.create(key, state: SessionState(session: ["a": .integer(1)]))
      try await store.append(SampleSessions.event(0, delta: ["b": .string("ü")]), to: key)
      let path = FirestorePath("adk-session", "coach app", "users", "u", "sessions", "s")
      let document = try #require(try await subject.database.documents([path])[path])
      #expect(document.fields["revision"] == .integer(1))
      #expect(document.fields["state"] == .string(#"{"a":1,"b":"ü"}"#))
      let eventPath = path.appending("events", "event-0")
      let event = try #require(try await subject.database.documents([eventPath])[eventPath])
      #expect(event.fields["timestamp"] == .timestamp(SampleSessions.start))
      #expect(event.fields["event_data"]?["turn_complete"] == .boolean(true))
      #expect(event.fields["appName"] == .string("coach app"))
    }
  }

  @Test(arguments: FirestoreLayout.Kind.allCases)
  func noAppendOfManyWritersIsLost(layout: FirestoreLayout.Kind) async throws {
    try await withFirestore { subject in
      let store = subject.store(layout)
      let key = SessionKey(user: "u", id: "s")
      _ = try await store.create(key, state: SessionState())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            try await store.append(
              SampleSessions.event(number, delta: ["key\(number)": .integer(1)]), to: key)
          }
        }
        try await group.waitForAll()
      }
      let session = try #require(try await store.session(key, events: .all))
      #expect(session.events.map(\.id) == (0..<6).map { "event-\($0)" })
      #expect(session.state.session.count == 6)
    }
  }

  /// The commit is made again, and meets what the first one made.
  @Test(arguments: FirestoreLayout.Kind.allCases)
  func aSessionWhoseAnswerGotLostIsMadeOnce(layout: FirestoreLayout.Kind) async throws {
    let emulator = try await SharedFirestore.shared.server()
    let transport = CurlTransport()
    let losesAnswers = Mutex(true)
    let pass: FaultServer.Script = { request in
      .deferred {
        let answer = try? await transport.send(
          TransportRequest(
            .post, emulator.url + request.target, headers: [.contentType: "application/json"],
            body: request.body, timeout: .seconds(60)))
        let isLost = request.target.hasSuffix(":commit") && losesAnswers.withLock { $0 }
        guard let answer, !isLost else {
          losesAnswers.withLock { $0 = false }
          return .cut
        }
        return .respond(status: answer.status, body: answer.body)
      }
    }
    try await withFaultServer(otherwise: pass) { server in
      try await withFirestore(behind: server.url) { subject in
        let store = subject.store(layout)
        let state = SessionState(user: ["b": .integer(2)], session: ["a": .integer(1)])
        let made = try await store.create(SessionKey(user: "u", id: "made"), state: state)
        #expect(made.state == state)
        losesAnswers.withLock { $0 = true }
        let moved = SampleSessions.session(SessionKey(user: "u", id: "moved"), events: 3)
        let isNoted = Mutex(false)
        try await store.restore(moved, scopes: [], pacing: NoPacing()) {
          isNoted.withLock { $0 = true }
        }
        #expect(isNoted.withLock { $0 })
        #expect(try await store.session(moved.key, events: .all)?.events == moved.events)
        // What somebody else has made stays theirs.
        losesAnswers.withLock { $0 = true }
        await #expect(throws: SessionStoreError.exists) {
          _ = try await store.create(moved.key, state: state)
        }
        await #expect(throws: SessionStoreError.exists) {
          try await store.restore(
            SampleSessions.session(made.key, events: 1), scopes: [], pacing: NoPacing())
        }
      }
    }
    await transport.shutdown()
  }

  @Test(arguments: FirestoreLayout.Kind.allCases)
  func aUserStateThatWasWrittenLaterHereStays(layout: FirestoreLayout.Kind) async throws {
    try await withFirestore { subject in
      let store = subject.store(layout)
      // As it came from elsewhere, where it was last changed in 2023.
      var session = SampleSessions.session(SessionKey(user: "u", id: "s"), events: 0)
      session.state.user = ["level": .integer(1)]
      try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
      session.key = SessionKey(user: "u", id: "t")
      session.state.user = ["level": .integer(2), "new": .integer(3)]
      try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
      let stored = try #require(try await store.session(session.key, events: .none))
      #expect(stored.state.user == ["level": .integer(1), "new": .integer(3)])
      let isChanged = try await store.bring(
        stored, to: session, lacking: [], scopes: [.app, .user], pacing: NoPacing())
      #expect(!isChanged)
      session.updateTime = .now()
      let isChangedNow = try await store.bring(
        stored, to: session, lacking: [], scopes: [.app, .user], pacing: NoPacing())
      #expect(isChangedNow)
      #expect(
        try await store.session(session.key, events: .none)?.state.user == session.state.user)
    }
  }

  @Test func otherCollectionsOfTheSameNameAreNoSessions() async throws {
    try await withFirestore { subject in
      for layout in FirestoreLayout.Kind.allCases {
        for app in ["coach app", "other"] {
          _ = try await subject.store(layout, app: app).create(
            SessionKey(user: "u", id: "\(layout.rawValue)-\(app)"), state: SessionState())
        }
      }
      try await subject.database.commit([
        .set(FirestorePath("users", "u", "sessions", "x"), ["status": .string("completed")]),
        .set(
          FirestorePath(
            "adk-session", "coach app", "users", "u", "sessions", "s", "deep", "d", "sessions",
            "y"), [:]),
      ])
      for layout in FirestoreLayout.Kind.allCases {
        let page = try await subject.store(layout).keys(after: nil)
        #expect(page.keys == [SessionKey(user: "u", id: "\(layout.rawValue)-coach app")])
      }
    }
  }

  @Test func aSessionOfManyPagesAndCommitsComesBack() async throws {
    try await withFirestore { subject in
      var session = SampleSessions.session(SessionKey(user: "u", id: "s"), events: 650)
      // More than one commit by their size alone.
      for place in 0..<6 {
        session.events[place].members["customMetadata"] = .map([
          "text": .string(String(repeating: "ü", count: 400_000))
        ])
      }
      let store = subject.store(.adk)
      try await store.restore(session, scopes: [.app, .user], pacing: NoPacing())
      let stored = try #require(try await store.session(session.key, events: .all))
      #expect(stored.events == session.events)
      try await store.delete(session.key)
      #expect(
        try await subject.database.query(
          FirestoreQuery("events", below: store.layout.session(session.key))
        ).isEmpty)
    }
  }

  @Test func whatAnAgentMayHoldAndFirestoreDoesNotIsReported() async throws {
    try await withFirestore { subject in
      let key = SessionKey(user: "u", id: "s")
      let nested = SessionState(session: ["a": .array([.array([])])])
      for layout in [FirestoreLayout.Kind.coach, .package] {
        await #expect(throws: SessionStoreError.self) {
          try await subject.store(layout).create(key, state: nested)
        }
      }
      // In a text there may be one.
      #expect(
        try await subject.store(.adk).create(key, state: nested).state.session == nested.session)
      let huge = SessionState(
        session: ["a": .string(String(repeating: "x", count: 1_100_000))])
      do {
        _ = try await subject.store(.coach).create(key, state: huge)
        Issue.record("a document of more than 1 MiB was taken")
      } catch let error as SessionStoreError {
        guard case .unfit = error else { throw error }
      }
    }
  }

  @Test func everyTypeOfFirestoreComesBack() async throws {
    try await withFirestore { subject in
      let path = FirestorePath("types", "a%2Fb ü")
      let fields: [String: SessionValue] = [
        "time": .timestamp(SampleSessions.start), "bytes": .bytes([0, 251, 255, 1]),
        "place": .geoPoint(latitude: 0, longitude: -13.5), "nan": .double(.nan),
        "infinity": .double(-.infinity), "int": .integer(.min), "large": .double(1e21),
        "reference": .reference(subject.database.name(of: path)), "é.b": .map(["`": .null]),
      ]
      try await subject.database.commit([.set(path, fields)])
      #expect(try await subject.database.documents([path])[path]?.fields == fields)
      // One field of an odd name is written, the others stay.
      try await subject.database.commit([.merge(path, ["é.b": .integer(1)])])
      let merged = try await subject.database.documents([path])[path]?.fields
      #expect(merged?.count == fields.count)
      #expect(merged?["é.b"] == .integer(1))
    }
  }

  @Test func aStalePreconditionIsTold() async throws {
    try await withFirestore { subject in
      let path = FirestorePath("a", "b")
      try await subject.database.commit([.set(path, ["x": .integer(1)])])
      let document = try #require(try await subject.database.documents([path])[path])
      try await subject.database.commit([
        .merge(path, ["x": .integer(2)], if: .updateTime(document.updateTime))
      ])
      await #expect(throws: GoogleCallError.self) {
        try await subject.database.commit([
          .merge(path, ["x": .integer(3)], if: .updateTime(document.updateTime))
        ])
      }
      #expect(try await subject.database.documents([path])[path]?.fields == ["x": .integer(2)])
    }
  }
}
