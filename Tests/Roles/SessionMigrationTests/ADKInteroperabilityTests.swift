import AgentEngine
import CurlTransport
import Foundation
import GoogleCalls
import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

@testable import Firestore

/// ADK's own services on the other side: what they write, ours reads, and the other way round.
@Suite(
  .tags(.servers), .enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing),
  .enabled(
    if: FileManager.default.fileExists(atPath: ADK.python),
    "ADK is not installed: scripts/python-environment .build/adk Tests/Support/Python/adk-requirements.txt"
  ))
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

  @Test func nothingOfALiveWriterIsLost() async throws {
    try await withStore(.adk) { store, project in
      _ = try await store.create(key, state: SessionState())
      async let theirs = adk(
        .adk, "append", project: project,
        .map([
          "user": .string(key.user), "id": .string(key.id),
          "events": .array((100..<110).map { ADK.event($0) }),
        ]))
      for number in 0..<20 {
        try await store.append(try ADK.sessionEvent(number), to: key)
        // Python takes a second to start: both are to write at the same time.
        try await Task.sleep(for: .milliseconds(100))
      }
      _ = try await theirs
      let session = try #require(try await store.session(key, events: .all))
      #expect(session.events.count == 30)
      let path = FirestorePath("adk-session", "coach", "users", key.user, "sessions", key.id)
      let document = try #require(try await store.database.documents([path])[path])
      #expect(document.fields["revision"] == .integer(30))
    }
  }

  @Test func whatOursMovesADKReadsFromAgentEngine() async throws {
    try await withMigration { migration in
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
    }
  }
}

/// ADK's services in Python.
private enum ADK {
  static let python = "\(ProjectFolder.path)/.build/adk/bin/python"

  static func run(
    _ layout: String, _ server: String, _ project: String, _ command: String,
    _ input: SessionValue
  ) async throws -> SessionValue? {
    let output = try await Python.run(
      python, "adk_sessions.py", [layout, server, project, "coach", command],
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
