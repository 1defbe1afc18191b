import AgentEngine
import Events
import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

@testable import SessionMigration

@Suite(.tags(.servers)) struct SessionValidationTests {
  typealias Kind = SessionDifference.Kind

  @Test(arguments: PlantedDifference.all)
  func aPlantedDifferenceIsFound(difference: PlantedDifference) async throws {
    try await withMigration { migration in
      try await migration.fill(8)
      _ = try await migration.migrate()
      #expect(try await migration.validate().isGood)
      let undo = difference.plant(migration.stub, "s-3")
      let report = try await migration.validate()
      #expect(!report.isGood)
      #expect(report.differentSessions == 1)
      #expect(report.counts[difference.found] == 1, "\(report.counts)")
      #expect(report.entries.map(\.session) == ["s-3"])
      undo()
      #expect(try await migration.validate().isGood)
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
