import AgentEngine
import Events
import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

@testable import SessionMigration

@Suite(.tags(.servers)) struct SessionValidationTests {
  typealias Kind = SessionDifference.Kind
  typealias Tampering =
    @Sendable (inout [String: SessionValue], inout [[String: SessionValue]]) -> Void

  /// What was done to the copy of `s-3`, and what is to be found.
  private static let planted: [(kind: Kind, tampering: Tampering)] = [
    (.sessionState, { state, _ in state["counter"] = .integer(99) }),
    (.sessionState, { state, _ in state["topic"] = nil }),
    (.sessionState, { state, _ in state["new"] = .null }),
    (.userState, { state, _ in state["user:number"] = .string("3") }),
    (.appState, { state, _ in state["app:theme"] = .string("light") }),
    (.eventCount, { _, events in events.removeLast() }),
    (.eventIDs, { _, events in events[1]["rawEvent"] = renamed(events[1]["rawEvent"], "id", "x") }),
    (
      .eventContent,
      { _, events in
        events[0]["rawEvent"] = renamed(events[0]["rawEvent"], "turnComplete", nil)
      }
    ),
    (.eventContent, { _, events in events[0]["author"] = .string("someone") }),
    (
      .eventTime,
      { _, events in
        events[0]["timestamp"] = .string("2023-11-14T22:13:18.000000Z")
      }
    ),
    (
      .eventOrder,
      { _, events in
        let time = events[0]["timestamp"]
        events[0]["timestamp"] = events[1]["timestamp"]
        events[1]["timestamp"] = time
      }
    ),
  ]

  private static func renamed(
    _ value: SessionValue?, _ name: String, _ text: String?
  ) -> SessionValue? {
    guard var members = value?.members else { return value }
    members[name] = text.map { .string($0) }
    return .map(members)
  }

  @Test(arguments: planted.indices)
  func aPlantedDifferenceIsFound(place: Int) async throws {
    let (kind, tampering) = Self.planted[place]
    try await withMigration { migration in
      try await migration.fill(8)
      _ = try await migration.migrate()
      #expect(try await migration.validate().isGood)
      migration.stub.tamper("s-3", tampering)
      let report = try await migration.validate()
      #expect(!report.isGood)
      #expect(report.differentSessions == 1)
      #expect(report.counts[kind.rawValue] == 1, "\(report.counts)")
      #expect(report.entries.map(\.session) == ["s-3"])
    }
  }

  @Test func missingAndExtraSessionsAreFound() async throws {
    try await withMigration { migration in
      try await migration.fill(8)
      _ = try await migration.migrate()
      migration.stub.remove("s-2")
      _ = try await migration.target.create(
        SessionKey(user: "eve@example.com", id: "extra"), state: SessionState())
      let report = try await migration.validate()
      #expect(report.counts == ["missing": 1, "extra": 1])
      #expect(report.sourceSessions == 8)
      #expect(report.targetSessions == 8)
      #expect(report.equalSessions == 7)
      let texts = [report.markdown, String(decoding: report.json, as: UTF8.self)]
      for text in texts {
        #expect(!text.contains("eve@"))
        #expect(!text.contains("user 0"))
        #expect(text.contains("create times of sessions"))
      }
      #expect(try SessionValue(json: report.json)["equal"] == .boolean(false))
    }
  }

  @Test func timesAreTheSameWithinASecond() {
    var session = SampleSessions.session(SessionKey(user: "u", id: "s"), events: 2)
    let source = session
    let capabilities = SessionStoreCapabilities(
      keepsCreateTime: true, keepsUpdateTime: true, sharesScopes: true, separatesUsers: true)
    func kinds() -> [Kind] {
      SessionComparison.compare(
        source, with: session, scopes: [.app, .user], capabilities: capabilities
      ).map(\.kind)
    }
    session.events[1].timestamp = Timestamp(
      microseconds: source.events[1].timestamp.microseconds + 1_000_000)
    session.createTime = Timestamp(microseconds: source.createTime!.microseconds - 999_999)
    #expect(kinds() == [])
    session.events[1].timestamp = Timestamp(
      microseconds: source.events[1].timestamp.microseconds + 1_000_001)
    session.createTime = nil
    #expect(kinds() == [.eventTime, .createTime])
  }
}
