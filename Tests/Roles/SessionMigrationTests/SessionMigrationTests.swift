import AgentEngine
import Events
import Foundation
import ProgressBusTesting
import Sessions
import SessionsTesting
import Synchronization
import Testing

@testable import SessionMigration

@Suite(.tags(.servers)) struct SessionMigrationTests {
  @Test func everySessionArrivesAndASecondRunChangesNothing() async throws {
    try await withMigration { migration in
      try await migration.fill(120)
      let result = try await migration.migrate()
      #expect(result.fatal == nil)
      #expect(result.progress.migrated == 120)
      #expect(result.progress.total == 120)
      #expect(result.progress.events == 480)
      #expect(try await migration.validate().isGood)
      #expect(try migration.logged("migrated").count == 120)
      let writes = migration.stub.eventCount
      let again = try await migration.migrate()
      #expect(again.progress.unchanged == 120)
      #expect(again.progress.migrated + again.progress.updated + again.progress.failed == 0)
      #expect(migration.stub.eventCount == writes)
      let resumed = try await migration.migrate { $0.resumes = true }
      #expect(resumed.progress.resumed == 120)
    }
  }

  @Test func faultsOfTheTargetLoseNothing() async throws {
    try await withMigration(fault: TransientFaults().fault) { migration in
      try await migration.fill(60, events: 6)
      let result = try await migration.migrate()
      #expect(result.progress.migrated == 60)
      #expect(result.progress.failed == 0)
      #expect(result.slowDowns > 10)
      #expect(migration.stub.eventCount == 360)
      #expect(try await migration.validate().isGood)
    }
  }

  @Test func aFatalErrorRemovesWhatThisRunMade() async throws {
    let isBroken = Mutex(false)
    let fault: MigrationFixture.Fault = { request, _ in
      // Permissions for new sessions are taken away in the middle.
      isBroken.withLock { $0 } && request.method == "POST" && request.target.contains("s-7")
        ? .answer(403, status: "PERMISSION_DENIED") : nil
    }
    try await withMigration(fault: fault) { migration in
      try await migration.fill(5)
      #expect(try await migration.migrate().progress.migrated == 5)
      try await migration.fill2(5..<40)
      isBroken.withLock { $0 = true }
      let kept = try await migration.migrate { $0.keepsOnFailure = true }
      #expect(kept.fatal != nil)
      let made = migration.stub.sessionCount
      #expect(made >= 5)
      let result = try await migration.migrate()
      #expect(result.fatal?.contains("PERMISSION_DENIED") == true)
      #expect(result.left == 0)
      // What other runs made stays.
      #expect(migration.stub.sessionCount == made)
      isBroken.withLock { $0 = false }
      #expect(try await migration.migrate().fatal == nil)
      #expect(try await migration.validate().isGood)
    }
  }

  @Test(arguments: [
    AgentEngineStub.Fault.answer(503, status: "UNAVAILABLE"),
    .answer(500, status: "INTERNAL"), .answer(404, status: "NOT_FOUND"),
  ])
  func aFailedSaveIsTriedThreeTimesAndTheRestGoesOn(answer: AgentEngineStub.Fault) async throws {
    let tries = Mutex(0)
    let fault: MigrationFixture.Fault = { request, _ in
      guard request.target.hasSuffix("s-3:appendEvent"), request.text.contains("\"event-2\"")
      else { return nil }
      tries.withLock { $0 += 1 }
      return answer
    }
    try await withMigration(fault: fault) { migration in
      try await migration.fill(8)
      let result = try await migration.migrate()
      #expect(tries.withLock { $0 } == 3)
      #expect(result.fatal == nil)
      #expect(result.progress.migrated == 7)
      #expect(result.progress.failed == 1)
      let failed = try migration.logged("failed")
      #expect(failed.map { $0["session"] } == [.string("s-3")])
      #expect(failed.first?["reason"]?.text?.isEmpty == false)
    }
  }

  @Test func aTargetThatIsGoneEndsTheRun() async throws {
    let isGone = Mutex(false)
    let fault: MigrationFixture.Fault = { _, number in
      isGone.withLock { $0 } ? .answer(404, status: "NOT_FOUND") : nil
    }
    try await withMigration(fault: fault) { migration in
      try await migration.fill(40)
      isGone.withLock { $0 = true }
      let result = try await migration.migrate()
      #expect(result.fatal == "there is no such Agent Engine")
      #expect(result.progress.migrated == 0)
      #expect(migration.stub.sessionCount == 0)
    }
  }

  @Test func aTargetThatRefusesToRemoveIsAskedOnce() async throws {
    let isDenied = Mutex(false)
    let deletes = Mutex(0)
    let fault: MigrationFixture.Fault = { request, _ in
      if request.method == "DELETE" { deletes.withLock { $0 += 1 } }
      if request.target.contains("sessionId=s-30") { isDenied.withLock { $0 = true } }
      return isDenied.withLock { $0 } && request.method != "GET"
        ? .answer(403, status: "PERMISSION_DENIED") : nil
    }
    try await withMigration(fault: fault) { migration in
      try await migration.fill(40)
      let result = try await migration.migrate()
      #expect(result.fatal?.contains("PERMISSION_DENIED") == true)
      #expect(result.removed == 0)
      #expect(result.left == migration.stub.sessionCount)
      #expect(deletes.withLock { $0 } == 1)
    }
  }

  @Test func whatCannotBeMovedIsLeftOutAndTheRestGoesOn() async throws {
    try await withMigration { migration in
      try await migration.fill(6)
      let user = "ada"
      for (id, state) in [
        ("nan", ["x": SessionValue.double(.nan)]), ("large", ["x": .integer(.max)]),
        ("voice", ["kind": .string("voice")]), ("20HGa8Zx0BqtWPkRvTmn", [:]),
      ] {
        _ = try await migration.source.create(
          SessionKey(user: user, id: id), state: SessionState(session: state))
      }
      let warnings = Mutex<[String]>([])
      let result = try await SessionMigration(
        source: migration.source, target: migration.target, options: migration.options
      ).run(warn: { line in warnings.withLock { $0.append(line) } })
      #expect(result.progress.migrated == 6)
      #expect(result.progress.skipped == 4)
      // The ids are told first, before anything is written.
      #expect(warnings.withLock { $0.first }?.hasPrefix("1 sessions have ids") == true)
      #expect(warnings.withLock { $0.allSatisfy { !$0.contains("ada") } })
      let report = try await migration.validate()
      #expect(!report.isGood)
      // An id can be mapped. What the target cannot hold stays, and is told.
      #expect(report.counts == ["missing": 1])
      #expect(report.leftOutSessions == 3)
      #expect(report.leftOutEntries.map(\.session).sorted() == ["large", "nan", "voice"])
      #expect(report.markdown.contains("state.x: a whole number beyond 2^53"))
    }
  }

  @Test func idsThatDoNotFitAreMappedAndFoundAgain() async throws {
    try await withMigration { migration in
      let keys = [
        SessionKey(user: "ada", id: "20HGa8Zx0BqtWPkRvTmn"), SessionKey(user: "ada", id: "plain"),
        // One id, two users: Agent Engine has ids for all users together.
        SessionKey(user: "grace", id: "plain"),
      ]
      for key in keys {
        try await migration.source.restore(
          SampleSessions.session(key, events: 3), scopes: [.app, .user], pacing: NoPacing())
      }
      let map = try SessionIDMap(path: "\(migration.folder)/ids.jsonl", isWritten: true)
      let result = try await migration.migrate { $0.idMap = map }
      #expect(result.progress.migrated == 3)
      #expect(map.count == 2)
      let read = try SessionIDMap(path: "\(migration.folder)/ids.jsonl", isWritten: false)
      #expect(try await migration.validate { $0.idMap = read }.isGood)
      let again = try await migration.migrate { $0.idMap = read }
      #expect(again.progress.unchanged == 3)
      // And back, under the old ids.
      let back = MemorySessionStore(name: "firestore")
      var options = migration.options
      options.idMap = read
      let returned = try await SessionMigration(
        source: migration.target, target: back, options: options
      ).run()
      #expect(returned.progress.migrated == 3)
      for key in keys {
        #expect(
          await back.session(key, events: .all)?.events
            == SampleSessions.session(key, events: 3).events)
      }
    }
  }

  @Test func aSessionThatChangesWhileItIsMovedIsMovedAgain() async throws {
    let source = MemorySessionStore(name: "firestore")
    let key = SessionKey(user: "ada", id: "s-1")
    let isAppended = Mutex(false)
    let fault: MigrationFixture.Fault = { request, _ in
      let isFirst =
        request.target.hasSuffix(":appendEvent")
        && isAppended.withLock { isAppended in
          defer { isAppended = true }
          return !isAppended
        }
      guard isFirst else { return nil }
      // The user goes on before the first event is there.
      return .after {
        let event = SampleSessions.event(50, delta: ["late": .boolean(true)])
        await #expect(throws: Never.self) { try await source.append(event, to: key) }
      }
    }
    try await withMigration(source: source, fault: fault) { migration in
      try await source.restore(
        SampleSessions.session(key, events: 30), scopes: [.app, .user], pacing: NoPacing())
      #expect(try await migration.migrate().progress.migrated == 1)
      let copy = try #require(try await migration.target.session(key, events: .all))
      #expect(copy.events.last?.id == "event-50")
      #expect(copy.state.session["late"] == .boolean(true))
    }
  }

  @Test func aSessionThatWentOnInBothIsMergedByTime() async throws {
    try await withMigration { migration in
      try await migration.fill(1)
      #expect(try await migration.migrate().progress.migrated == 1)
      let key = SessionKey(user: "user 0 ü", id: "s-0")
      try await migration.target.append(
        SampleSessions.event(90, delta: ["counter": .integer(90)]), to: key)
      #expect(try await migration.migrate().progress.unchanged == 1)
      // Said before the switch, and not brought over until now.
      for (number, delta) in [(80, ["counter": SessionValue.integer(80)]), (81, ["b": .null])] {
        try await migration.source.append(SampleSessions.event(number, delta: delta), to: key)
      }
      #expect(try await migration.migrate().progress.updated == 1)
      let copy = try #require(try await migration.target.session(key, events: .all))
      #expect(copy.events.suffix(3).map(\.id) == ["event-80", "event-81", "event-90"])
      #expect(copy.events[copy.events.count - 3].stateDelta == ["counter": .integer(80)])
      #expect(copy.state.session["counter"] == .integer(90))
      #expect(copy.state.session["b"] == .null)
      #expect(try await migration.migrate().progress.unchanged == 1)
    }
  }

  @Test func aSessionThatIsDeletedWhileItIsMovedStaysDeleted() async throws {
    let source = MemorySessionStore(name: "firestore")
    let key = SessionKey(user: "ada", id: "s-1")
    let fault: MigrationFixture.Fault = { request, _ in
      if request.target.hasSuffix(":appendEvent") { Task { await source.delete(key) } }
      return nil
    }
    try await withMigration(source: source, fault: fault) { migration in
      try await source.restore(
        SampleSessions.session(key, events: 30), scopes: [.app, .user], pacing: NoPacing())
      let result = try await migration.migrate()
      #expect(result.progress.skipped == 1)
      #expect(migration.stub.sessionCount == 0)
      #expect(try migration.logged("removed").count == 1)
    }
  }

  @Test func theWayBackGivesTheSameSessions() async throws {
    try await withMigration { migration in
      try await migration.fill(25)
      #expect(try await migration.migrate().progress.migrated == 25)
      let back = MemorySessionStore(name: "firestore")
      var options = migration.options
      options.logPath += ".back"
      let result = try await SessionMigration(
        source: migration.target, target: back, options: options
      ).run()
      #expect(result.progress.migrated == 25)
      for key in try await allKeys(migration.source) {
        let (old, new) = await (
          migration.source.session(key, events: .all), back.session(key, events: .all)
        )
        #expect(old?.events == new?.events)
        #expect(old?.state == new?.state)
      }
    }
  }

  @Test func theNewestSessionsUserStateWinsOnTheWayBack() async throws {
    try await withMigration { migration in
      for number in 0..<4 {
        _ = try await migration.target.create(
          SessionKey(user: "ada", id: "s-\(number)"),
          state: SessionState(user: ["level": .integer(Int64(number))]))
      }
      let back = MemorySessionStore(name: "firestore")
      _ = try await SessionMigration(
        source: migration.target, target: back, options: migration.options
      ).run()
      #expect(
        await back.session(SessionKey(user: "ada", id: "s-0"), events: .none)?.state.user
          == ["level": .integer(3)])
    }
  }

  @Test func aDryRunWritesNothingAndTellsHowLongItTakes() async throws {
    try await withMigration { migration in
      try await migration.fill(10, events: 20)
      _ = try await migration.source.create(
        SessionKey(user: "u", id: "nan"), state: SessionState(session: ["x": .double(.nan)]))
      var options = migration.options
      options.writesPerMinute = QuotaPacing.documentedQuotas
      let estimate = try await SessionMigration(
        source: migration.source, target: migration.target, options: options
      ).estimate()
      #expect(estimate.sessions == 10)
      #expect(estimate.events == 200)
      #expect(estimate.skipped.values.reduce(0, +) == 1)
      // 200 appends at 300 a minute.
      #expect(estimate.duration == .seconds(40))
      #expect(migration.stub.requestCount == 0)
    }
  }

  @Test func oneUserIsMovedAlone() async throws {
    try await withMigration { migration in
      try await migration.fill(20)
      let result = try await migration.migrate { $0.user = "user 2 ü" }
      #expect(result.progress.migrated == 4)
      #expect(try await migration.validate { $0.user = "user 2 ü" }.isGood)
      #expect(try await migration.validate().counts == ["missing": 16])
    }
  }

  private func allKeys(_ store: any SessionStore) async throws -> [SessionKey] {
    var keys: [SessionKey] = []
    for try await page in KeyPages(store: store, user: nil) { keys += page }
    return keys
  }
}

extension MigrationFixture {
  /// More sessions, by their numbers.
  func fill2(_ numbers: Range<Int>) async throws {
    for number in numbers {
      var session = SampleSessions.session(
        SessionKey(user: "user \(number % 5) ü", id: "s-\(number)"), events: 2)
      session.state.user = ["number": .integer(Int64(number % 5))]
      try await source.restore(session, scopes: [.app, .user], pacing: NoPacing())
    }
  }
}
