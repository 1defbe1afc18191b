import AgentEngine
import CurlTransport
import GoogleCalls
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

@testable import Firestore

/// ADK's own services on the other side: what they write, ours reads, and the other way round.
@Suite(
  .tags(.servers), .enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing),
  .enabled(if: ADKEnvironment.isInstalled, ADKEnvironment.missing))
struct ADKInteroperabilityTests {
  private let key = SessionKey(user: "ada@example.com", id: "s-1")
  private let start: [String: SessionValue] = [
    "app:theme": .string("dark"), "user:name": .string("Ada ü"), "plain": .integer(1),
    "list": .array([.integer(1), .string("\u{1F393}"), .null]), "temp:x": .string("never"),
  ]

  private func adk(
    _ layout: FirestoreLayout.Kind, _ command: String, project: String, _ input: SessionValue
  ) async throws -> SessionValue? {
    let emulator = try await SharedFirestore.shared.server()
    return try await ADK.run(layout.rawValue, emulator.host, project, command, input)
  }

  private func withStore<Value: Sendable>(
    _ layout: FirestoreLayout.Kind,
    _ body: (FirestoreSessionStore, _ project: String) async throws -> Value
  ) async throws -> Value {
    let emulator = try await SharedFirestore.shared.server()
    let project = await SharedFirestore.shared.nextProject()
    let transport = CurlTransport()
    let store = FirestoreSessionStore(
      database: FirestoreDatabase(
        client: GoogleClient(baseURL: emulator.url, transport: transport, authorization: nil),
        project: project), layout: FirestoreLayout(layout, app: "coach"))
    do {
      let value = try await body(store, project)
      await transport.shutdown()
      return value
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  @Test(arguments: [FirestoreLayout.Kind.adk, .package])
  func whatADKWritesOursReads(layout: FirestoreLayout.Kind) async throws {
    try await withStore(layout) { store, project in
      let events = (0..<4).map { ADK.event($0) }
      _ = try await adk(
        layout, "write", project: project,
        .map([
          "user": .string(key.user), "id": .string(key.id), "state": .map(start),
          "events": .array(events),
        ]))
      let session = try #require(try await store.session(key, events: .all))
      #expect(session.state.app == ["theme": .string("dark")])
      #expect(session.state.user["name"] == .string("Ada ü"))
      #expect(session.state.user["count"] == .integer(3))
      #expect(session.state.session["list"] == start["list"])
      #expect(session.state.session["last"] == .string("event-3"))
      #expect(session.events.map(ADK.shown) == events)
      #expect(try await store.keys(after: nil).keys == [key])
    }
  }

  @Test(arguments: [FirestoreLayout.Kind.adk, .package])
  func whatOursWritesADKReads(layout: FirestoreLayout.Kind) async throws {
    try await withStore(layout) { store, project in
      _ = try await store.create(key, state: SessionState(prefixed: start))
      for number in 0..<4 {
        try await store.append(try ADK.sessionEvent(number), to: key)
      }
      let read = try #require(
        try await adk(
          layout, "read", project: project,
          .map(["user": .string(key.user), "id": .string(key.id)])))
      #expect(read["events"] == .array((0..<4).map { ADK.event($0) }))
      let state = try #require(read["state"]?.members)
      #expect(state["app:theme"] == .string("dark"))
      #expect(state["user:count"] == .integer(3))
      #expect(state["list"] == start["list"])
      #expect(state["temp:x"] == nil)
    }
  }

  /// ADK appends in another process all the while ours does.
  @Test(arguments: [FirestoreLayout.Kind.adk, .package])
  func nothingOfALiveWriterIsLost(layout: FirestoreLayout.Kind) async throws {
    try await withStore(layout) { store, project in
      _ = try await store.create(key, state: SessionState())
      let theirs = Writer()
      let written = try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          defer { theirs.end() }
          _ = try await adk(
            layout, "append", project: project,
            .map([
              "user": .string(key.user), "id": .string(key.id),
              "events": .array((1000..<1020).map { ADK.event($0) }),
            ]))
          return 20
        }
        group.addTask {
          try await eventually(within: .seconds(120), "ADK has begun") {
            try await store.session(key, events: .all)?.events.isEmpty == false
          }
          var count = 0
          while theirs.isAtIt, count < 900 {
            try await store.append(try ADK.sessionEvent(count), to: key)
            count += 1
            // ADK's turn: its transaction has to get in between.
            try await Task.sleep(for: .milliseconds(50))
          }
          // The two were at it at the same time.
          #expect(count > 1)
          return count
        }
        return try await group.reduce(0, +)
      }
      let session = try #require(try await store.session(key, events: .all))
      #expect(session.events.count == written)
      #expect(Set(session.events.map(\.id)).count == written)
      guard layout == .adk else { return }
      let path = FirestorePath("adk-session", "coach", "users", key.user, "sessions", key.id)
      let document = try #require(try await store.database.documents([path])[path])
      #expect(document.fields["revision"] == .integer(Int64(written)))
    }
  }

  @Test func adkFindsItsCopyStaleOnceOursHasAppended() async throws {
    try await withStore(.adk) { store, project in
      _ = try await store.create(key, state: SessionState())
      async let answer = adk(
        .adk, "stale", project: project,
        .map([
          "user": .string(key.user), "id": .string(key.id), "events": .array([ADK.event(99)]),
        ]))
      // It has read some revision; the next of ours makes it old.
      let theirs = Writer()
      let appending = Task {
        var number = 0
        while theirs.isAtIt, number < 99 {
          try await store.append(try ADK.sessionEvent(number), to: key)
          number += 1
          try await Task.sleep(for: .milliseconds(500))
        }
        return number
      }
      let refusal = try await answer?["refusal"]?.text
      theirs.end()
      let count = try await appending.value
      #expect(refusal?.lowercased().contains("stale") == true, "\(refusal ?? "none")")
      let session = try #require(try await store.session(key, events: .all))
      #expect(session.events.map(\.id) == (0..<count).map { "event-\($0)" })
    }
  }

  @Test(arguments: [FirestoreLayout.Kind.adk, .package])
  func whatOneDeletesTheOtherDoesNotFind(layout: FirestoreLayout.Kind) async throws {
    try await withStore(layout) { store, project in
      for id in ["s-1", "s-2"] {
        let key = SessionKey(user: key.user, id: id)
        _ = try await store.create(key, state: SessionState(prefixed: start))
        try await store.append(try ADK.sessionEvent(0), to: key)
      }
      let user: [String: SessionValue] = ["user": .string(key.user)]
      func listed() async throws -> SessionValue? {
        try await adk(layout, "list", project: project, .map(user))?["ids"]
      }
      #expect(try await listed() == .array([.string("s-1"), .string("s-2")]))
      _ = try await adk(
        layout, "delete", project: project,
        .map(user.merging(["id": .string("s-1")]) { $1 }))
      #expect(try await store.session(key, events: .all) == nil)
      #expect(try await store.sessions(of: key.user).map(\.key.id) == ["s-2"])
      try await store.delete(SessionKey(user: key.user, id: "s-2"))
      #expect(try await listed() == .array([]))
    }
  }

  @Test func whatOursMovesADKReadsFromAgentEngine() async throws {
    try await withMigration(remembersExchanges: true) { migration in
      let store = migration.target
      let events = try (0..<5).map(ADK.sessionEvent)
      var state = SessionState(prefixed: start)
      for event in events { state.apply(SessionState(prefixed: event.stateDelta)) }
      try await store.restore(
        Session(key: key, state: state, events: events), scopes: [], pacing: NoPacing())
      let read = try #require(
        try await ADK.run(
          "agent-engine", migration.url, "p", "read",
          .map(["user": .string(key.user), "id": .string(key.id)])))
      #expect(read["events"] == .array((0..<5).map { ADK.event($0) }))
      #expect(read["state"] == .map(state.prefixed))
      // And what ADK writes there, ours reads.
      let other = SessionKey(user: "grace", id: "s-2")
      _ = try await ADK.run(
        "agent-engine", migration.url, "p", "write",
        .map([
          "user": .string(other.user), "id": .string(other.id), "state": .map(start),
          "events": .array((0..<3).map { ADK.event($0) }),
        ]))
      let session = try #require(try await store.session(other, events: .all))
      #expect(session.events.map(ADK.shown) == (0..<3).map { ADK.event($0) })
      #expect(session.state.user["count"] == .integer(2))
      #expect(!session.state.prefixed.keys.contains("temp:x"))
      // What ADK's client sends, Google describes, and the stub's answers, too.
      let counts = try await GoogleDescription.check(migration.stub.exchanges)
      let prefix = "aiplatform.projects.locations.reasoningEngines.sessions."
      #expect(counts[prefix + "appendEvent"] == 8)
      #expect(counts.values.reduce(0, +) == migration.stub.exchanges.count)
    }
  }
}

/// Whether someone still writes.
private final class Writer: Sendable {
  private let state = Mutex(true)

  var isAtIt: Bool { state.withLock { $0 } }
  func end() { state.withLock { $0 = false } }
}

/// ADK's services in Python.
private enum ADK {
  static func run(
    _ layout: String, _ server: String, _ project: String, _ command: String,
    _ input: SessionValue
  ) async throws -> SessionValue? {
    let output = try await Python.run(
      ADKEnvironment.python, "adk_sessions.py", [layout, server, project, "coach", command],
      input: String(decoding: input.json, as: UTF8.self) + "\n")
    // Warnings come on the same stream.
    return try output.split(separator: "\n").last { $0.hasPrefix("{") }
      .map { try SessionValue(json: $0.utf8) }
  }

  /// An event as the script takes and shows it.
  static func event(_ number: Int) -> SessionValue {
    .map([
      "id": .string("event-\(number)"), "author": .string(number % 2 == 0 ? "user" : "coach"),
      "invocation_id": .string("i-\(number)"),
      "timestamp": .double(1_700_000_000.25 + Double(number)),
      "text": .string("Schritt \(number) – größer"),
      "delta": .map([
        "last": .string("event-\(number)"), "user:count": .integer(Int64(number)),
      ]),
    ])
  }

  static func shown(_ event: SessionEvent) -> SessionValue {
    .map([
      "id": .string(event.id), "author": .string(event.author),
      "invocation_id": .string(event.invocationID), "timestamp": .double(event.timestamp.seconds),
      "text": event.members["content"]?["parts"]?.elements?.first?["text"] ?? .null,
      "delta": .map(event.stateDelta),
    ])
  }

  static func sessionEvent(_ number: Int) throws -> SessionEvent {
    let given = event(number)
    return try SessionEvent(object: [
      "id": given["id"]!, "author": given["author"]!, "invocationId": given["invocation_id"]!,
      "timestamp": given["timestamp"]!,
      "content": .map([
        "role": .string("user"), "parts": .array([.map(["text": given["text"]!])]),
      ]),
      "actions": .map(["stateDelta": given["delta"]!]), "turnComplete": .boolean(true),
    ])
  }
}
