import Firestore
import Foundation
import ProgressBusTesting
import Sessions
import SessionsTesting
import Testing

extension EndToEnd {
  /// A project's sessions, moved by the program from the emulator to a stub of Agent Engine and back.
  ///
  /// A hundred sessions; with `SESSIONS=10000 FIRESTORE_EMULATOR_MEMORY=6g` in the environment 10,000.
  @Suite(.enabled(if: FirestoreEmulator.isInstalled, FirestoreEmulator.missing))
  struct SessionMoveTests {
    private static let count =
      ProcessInfo.processInfo.environment["SESSIONS"].flatMap { Int($0) } ?? 100

    @Test func allArriveAndEveryPlantedDifferenceIsFound() async throws {
      let sessions = MixedSessions(count: Self.count)
      let (movable, events) = (sessions.movable.count, sessions.movableEventCount)
      try await withSessionMove(sessions) { move in
        let dry = try await move.run(["migrate", "--dry-run", "--map-ids"])
        #expect(dry.output.contains("would move \(movable) sessions with \(events) events"))
        #expect(dry.output.contains("would give new ids to \(sessions.renamedCount) sessions"))
        #expect(dry.output.contains("expire 365 days after"))
        #expect(move.stub.requestCount == 0)

        let moved = try await move.migrate()
        #expect(moved.status == 0, "\(moved.errors.suffix(500))")
        #expect(
          moved.output.hasPrefix(
            "migrated \(movable), updated 0, unchanged 0, skipped \(sessions.leftOutCount), "
              + "failed 0 of \(sessions.count);"), "\(moved.output)")
        // Said before anything else: the ids that Agent Engine cannot hold.
        #expect(
          moved.errors.contains("\(sessions.renamedCount) sessions have ids that agent-engine"))
        #expect(
          try move.logged() == [
            "created": movable, "migrated": movable, "skipped": sessions.leftOutCount,
          ])
        #expect(move.stub.sessionCount == movable)
        #expect(move.stub.eventCount == events)

        let (status, report) = try await move.validate(["--markdown", "report.md"])
        #expect(status == 0)
        #expect(report["equal"] == .boolean(true))
        #expect(report["sessions"]?["equal"] == .integer(Int64(movable)))
        #expect(report["sessions"]?["left_out"] == .integer(Int64(sessions.leftOutCount)))
        for text in [try move.contents("report.json"), try move.contents("report.md")] {
          #expect(!String(decoding: text, as: UTF8.self).contains("learner"))
        }
        try await Self.compareByADK(sessions, move)
        try await Self.findPlanted(sessions, move)
        try await Self.moveBack(sessions, move)
      }
    }

    /// ADK's own services read both sides.
    private static func compareByADK(_ sessions: MixedSessions, _ move: SessionMove) async throws {
      guard ADKEnvironment.isInstalled else {
        Issue.record(ADKEnvironment.missing, severity: .warning)
        return
      }
      let map = try SessionIDMap(path: "\(move.folder)/session-ids.jsonl", isWritten: false)
      var users: [String: [String: SessionValue]] = [:]
      for number in sessions.movable {
        let key = sessions.key(number)
        users[key.user, default: [:]][key.id] = .string(map.target(of: key) ?? key.id)
      }
      let lines = users.map { user, ids in
        SessionValue.map(["user": .string(user), "sessions": .map(ids)]).json
      }
      let output = try await Python.run(
        ADKEnvironment.python, "adk_compare.py",
        [move.emulator.host, move.url, move.project, MixedSessions.app],
        input: lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined())
      let last = try #require(output.split(separator: "\n").last { $0.hasPrefix("{") })
      let found = try SessionValue(json: last.utf8)
      #expect(found["differences"] == .array([]), "\(last)")
      #expect(found["sessions"] == .integer(Int64(sessions.movable.count)))
      #expect(found["events"] == .integer(Int64(sessions.movableEventCount)))
    }

    private static func findPlanted(_ sessions: MixedSessions, _ move: SessionMove) async throws {
      #expect(PlantedDifference.all.count == 12)
      let key = sessions.key(7)
      for difference in PlantedDifference.all {
        let undo = difference.plant(move.stub, key.id)
        // Once among all; then among the user's, which takes a tenth of the time.
        let isFirst = difference.found == "missing"
        let (status, report) = try await move.validate(
          isFirst ? [] : ["--user", key.user])
        undo()
        #expect(status == 1, "\(difference)")
        #expect(report["sessions"]?["different"] == .integer(1), "\(difference)")
        #expect(
          report["counts"]?.members?[difference.found] == .integer(1),
          "\(difference): \(String(describing: report["counts"]))")
        #expect(report["differences"]?.elements?.first?["session"] == .string(key.id))
      }
      try await move.expectEqualSides()
    }

    /// Into another project, where nothing is, and compares that with the first.
    private static func moveBack(_ sessions: MixedSessions, _ move: SessionMove) async throws {
      // What the user did last, in a session of its own.
      let newest = SessionKey(user: sessions.key(7).user, id: "newest")
      try move.stub.make(
        newest,
        state: [
          "user:level": .integer(99), "user:name": .string("Ada"), "app:theme": .string("dark"),
        ])
      let project = await SharedFirestore.shared.nextProject()
      let back = ["--from", "agent-engine", "--to", "firestore"]
      let moved = try await move.run(["migrate", "--log", "back.jsonl"] + back, project: project)
      let count = sessions.movable.count + 1
      #expect(moved.output.hasPrefix("migrated \(count), updated 0,"), "\(moved)")
      let validated = try await move.run(["validate"] + back, project: project)
      #expect(validated.output.contains("**Equal.**"), "\(validated)")
      let again = try await move.run(["migrate", "--log", "back.jsonl"] + back, project: project)
      #expect(again.output.hasPrefix("migrated 0, updated 0, unchanged \(count),"), "\(again)")
      try await MixedSessions.withStore(move.emulator, project: move.project) { old, _ in
        try await MixedSessions.withStore(move.emulator, project: project) { new, _ in
          for number in sessions.movable {
            let key = sessions.key(number)
            let before = try #require(try await old.session(key, events: .all))
            let after = try #require(try await new.session(key, events: .all), "\(key)")
            #expect(after.events == before.events, "\(key)")
            #expect(after.state.session == before.state.session, "\(key)")
            #expect(after.state.app == before.state.app)
            var user = before.state.user
            if key.user == newest.user { user["level"] = .integer(99) }
            #expect(after.state.user == user, "\(key)")
          }
        }
      }
    }

    @Test func killedInTheMiddleItGoesOn() async throws {
      let sessions = MixedSessions(count: 100)
      let limit = FaultAfterSessions(30)
      let stub = AgentEngineStub { request, _ in limit.isOver(request) ? .hang : nil }
      try await withSessionMove(sessions, stub: stub) { move in
        for part in 1...2 {
          let before = stub.sessionCount
          let killed = try await ProgressBusProcess.start(
            ["sessions", "migrate", "--map-ids"] + SessionMove.unlimited
              + (part > 1 ? ["--resume"] : []),
            environment: move.environment(), folder: move.folder, label: "killed-\(part)", port: 0)
          try await eventually(within: .seconds(120), "a part is moved") {
            stub.sessionCount > before && limit.hasFailed
          }
          await killed.kill()
          limit.raise(by: part == 1 ? 30 : 1_000)
        }
        #expect(stub.sessionCount < sessions.movable.count)
        let resumed = try await move.migrate(["--resume"])
        #expect(resumed.status == 0, "\(resumed)")
        #expect(resumed.output.contains("failed 0 of 100"))
        #expect(stub.sessionCount == sessions.movable.count)
        // None lost, and none twice.
        #expect(stub.eventCount == sessions.movableEventCount)
        try await move.expectEqualSides()
        let again = try await move.migrate()
        #expect(
          again.output.hasPrefix("migrated 0, updated 0, unchanged \(sessions.movable.count),"))
        #expect(stub.eventCount == sessions.movableEventCount)
      }
    }

    @Test func faultsOfTheTargetLoseNothing() async throws {
      let sessions = MixedSessions(count: 60, events: 6)
      let stub = AgentEngineStub(fault: TransientFaults().fault)
      try await withSessionMove(sessions, stub: stub) { move in
        let moved = try await move.migrate()
        #expect(moved.status == 0, "\(moved.errors.suffix(500))")
        #expect(moved.output.hasPrefix("migrated \(sessions.movable.count), updated 0,"))
        #expect(stub.sessionCount == sessions.movable.count)
        #expect(stub.eventCount == sessions.movableEventCount)
        try await move.expectEqualSides()
      }
    }

    @Test(arguments: [(403, "PERMISSION_DENIED"), (404, "NOT_FOUND")], [false, true])
    func aFatalErrorIsRolledBack(fault: (http: Int, status: String), keeps: Bool) async throws {
      let sessions = MixedSessions(count: 50, events: 4)
      // New sessions are refused after some: no permission, or no engine.
      let limit = FaultAfterSessions(30)
      let stub = AgentEngineStub { request, _ in
        request.target.contains("sessionId=") && limit.isOver(request)
          ? .answer(fault.http, status: fault.status) : nil
      }
      try await withSessionMove(sessions, stub: stub) { move in
        let moved = try await move.migrate(keeps ? ["--keep"] : [])
        #expect(moved.status == 1)
        #expect(moved.errors.contains("stopped: "))
        let log = try move.logged()
        let created = try #require(log["created"])
        #expect(created > 10)
        #expect(stub.sessionCount == (keeps ? created : 0))
        #expect(log["removed"] == (keeps ? nil : created))
        let removal = "removed \(created) sessions that this run had made, left 0"
        #expect(moved.errors.contains(removal) == !keeps)
        limit.raise(by: 1_000)
        // The engine is back.
        let again = try await move.migrate()
        #expect(again.status == 0, "\(again)")
        try await move.expectEqualSides()
      }
    }

    @Test func aBarIsOnATerminalAndALineASecondElsewhere() async throws {
      let sessions = MixedSessions(count: 30, events: 4)
      try await withSessionMove(sessions) { move in
        // 600 a minute: ten a second.
        let rate = ["--rate", "session=600,append=0"]
        let dry = try await move.run(["migrate", "--map-ids", "--dry-run"] + rate)
        let seconds = sessions.movable.count / 10
        #expect(dry.output.contains("it takes at least \(seconds) seconds"), "\(dry)")
        let start = ContinuousClock.now
        let lines = try await move.run(["migrate", "--map-ids"] + rate)
        #expect(ContinuousClock.now - start >= .seconds(sessions.movable.count - 1) / 10)
        let progress = lines.errorLines.filter { $0.contains("/30 sessions, ") }
        #expect(progress.count >= 3, "\(lines)")
        #expect(progress.last?.hasPrefix("30/30 sessions, ") == true)
        #expect(!lines.errors.contains("\r"))

        let program = try BuiltProducts.path(of: "progressbus")
        var line = "cd '\(move.folder)' && "
        line += move.environment().map { "\($0.key)='\($0.value)' " }.joined()
        line += "script -qec '\(program) sessions migrate --map-ids' /dev/null"
        let terminal = try await ShellLine.run(line)
        #expect(terminal.status == 0, "\(terminal)")
        #expect(terminal.output.contains("\r[##############################] 30/30 sessions, "))
        #expect(
          terminal.output.contains("migrated 0, updated 0, unchanged \(sessions.movable.count),"))
      }
    }
  }
}
