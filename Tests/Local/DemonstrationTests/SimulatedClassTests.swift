import API
import Events
import Testing

@testable import Demonstration

/// One at a time: each is nothing but computing, and must leave processors to the tests that wait.
@Suite(.serialized) struct SimulatedClassTests {
  private static let start = Timestamp(rfc3339: "2026-11-21T09:00:00Z".utf8)!

  private func events(seed: UInt64 = 1, learners: Int = 30, minutes: Int64) -> [SimulatedEvent] {
    var simulation = SimulatedClass(
      ClassPlan(courseID: "demo", learners: learners, seed: seed), startedAt: Self.start)
    return simulation.events(through: Self.start + .minutes(minutes), limit: .max)
  }

  @Test func theSameSeedMakesTheSameClassHoweverItIsAskedFor() {
    let whole = events(minutes: 120)
    #expect(whole == events(minutes: 120))
    #expect(whole != events(seed: 2, minutes: 120))

    var simulation = SimulatedClass(
      ClassPlan(courseID: "demo", learners: 30, seed: 1), startedAt: Self.start)
    var pieces: [SimulatedEvent] = []
    let end = Self.start + .minutes(120)
    while true {
      let next = simulation.nextEventAt
      guard next <= end else { break }
      let piece = simulation.events(through: next + .milliseconds(700), limit: 3)
      #expect(piece.first?.occurredAt == next)
      pieces += piece.filter { $0.occurredAt <= end }
    }
    #expect(pieces == whole)
  }

  @Test func nothingHappensBeforeItsTimeOrTwice() {
    let all = events(learners: 60, minutes: 240)
    #expect(all.count > 3_000)
    #expect(
      all.allSatisfy { $0.occurredAt >= Self.start && $0.occurredAt <= Self.start + .minutes(240) })
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.occurredAt <= $1.occurredAt })
    #expect(Set(all.map(\.eventID)).count == all.count)
    #expect(Set(all.map(\.studentName)).count == 60)
    // A session for each kernel.
    let deaths = all.count { $0.eventType == "kernel_died" }
    #expect(deaths > 0)
    #expect(60...(60 + deaths) ~= Set(all.map(\.sessionID)).count)
  }

  @Test func everyLearnerHasANameOfTheirOwn() {
    let largest = ClassPlan.learnerRange.upperBound
    #expect(Set((0..<largest).map(LearnerNames.name)).count == largest)
    #expect(Set(events(learners: 200, minutes: 12).map(\.studentID)).count == 200)
    #expect(Set(events(learners: 1, minutes: 12).map(\.studentID)).count == 1)
  }

  /// What each learner does makes sense: cells in order, a notebook opened before and closed after, help
  /// taken back before the next cell runs.
  @Test(arguments: 1...5) func everyLearnerTellsAStoryThatHoldsTogether(_ seed: UInt64) throws {
    for (_, story) in Dictionary(grouping: events(seed: seed, minutes: 160), by: \.studentID) {
      var open: String?
      var asks = false
      var cell = -1
      var executions = 0
      var running: Int?
      var solved = -1
      for event in story {
        switch event.eventType {
        case "notebook_opened":
          #expect(open == nil)
          (open, cell, solved, running) = (event.notebookPath, -1, -1, nil)
        case "kernel_died": (executions, running) = (0, nil)
        case "cell_started":
          let start = try #require(event.start)
          #expect(!asks)
          #expect(running == nil)
          #expect(cell...cell + 1 ~= start.cellIndex)
          running = start.cellIndex
        case "exercise_checked":
          let check = try #require(event.check)
          #expect(!asks)
          // Right behind a run of that cell without an error.
          #expect(check.cellIndex == solved)
          #expect(check.attempt > 0)
          #expect(check.passed == (check.points == check.pointsPossible))
        case "notebook_closed":
          #expect(!asks)
          open = nil
        case "help":
          #expect(!asks)
          asks = true
        case "help_stop":
          #expect(asks)
          asks = false
        case "cell_executed":
          let execution = try #require(event.execution)
          #expect(!asks)
          #expect(event.notebookPath == open)
          #expect(cell...cell + 1 ~= execution.cellIndex)
          cell = execution.cellIndex
          executions += 1
          #expect(execution.executionCount == executions)
          #expect(execution.hasError == (execution.errorName != nil))
          #expect(execution.durationMilliseconds > 0)
          if let running {
            #expect(running == execution.cellIndex)
            #expect(execution.errorName == "KeyboardInterrupt")
            #expect(execution.durationMilliseconds > 1_000)
          }
          running = nil
          solved = execution.hasError ? -1 : cell
        default: #expect(event.eventType == "notebook_saved")
        }
        #expect(event.eventType == "notebook_closed" || event.notebookPath == open)
      }
    }
  }

  @Test func aClassLooksLikeAClass() {
    for seed in UInt64(1)...8 {
      let all = events(seed: seed, minutes: 45)
      let runs = all.compactMap(\.execution)
      let failed = Double(runs.count { $0.hasError }) / Double(runs.count)
      #expect(0.2...0.5 ~= failed, "seed \(seed): \(failed)")
      // About one run a minute and learner.
      #expect(400...1_800 ~= runs.count, "seed \(seed): \(runs.count)")
      let asking = Set(all.filter { $0.eventType == "help" }.map(\.studentID)).count
      #expect(2...25 ~= asking, "seed \(seed): \(asking)")
      let halfway = all.filter { $0.occurredAt <= Self.start + .minutes(24) }
      let solved = Dictionary(grouping: halfway.filter { $0.execution?.hasError == false }) {
        $0.studentID
      }.mapValues { Set($0.compactMap(\.execution?.cellIndex)).count }
      #expect(Set(solved.values).count >= 4, "seed \(seed): \(solved.values.sorted())")
      let checks = all.compactMap(\.check)
      let wrong = Double(checks.count { !$0.passed }) / Double(checks.count)
      #expect(checks.count >= 30, "seed \(seed): \(checks.count)")
      #expect(0.1...0.6 ~= wrong, "seed \(seed): \(wrong)")
      #expect(all.contains { $0.start != nil }, "seed \(seed)")
    }
  }

  /// By the rule that the page goes by.
  @Test func whoeverOpensThePageSeesLearnersInSeveralStates() {
    var found: [LearnerState: Int] = [:]
    for seed in UInt64(1)...8 {
      let states = atFirstSight(seed)
      #expect(states.values.reduce(0, +) == 30)
      #expect(states.count >= 3, "seed \(seed): \(states)")
      #expect(states[.onTrack, default: 0] >= 10, "seed \(seed): \(states)")
      found.merge(states, uniquingKeysWith: +)
    }
    #expect(Set(found.keys) == Set(LearnerState.allCases))
    let shown = atFirstSight(ClassPlan.defaultSeed)
    #expect(Set(shown.keys) == Set(LearnerState.allCases), "\(shown)")
  }

  private func atFirstSight(_ seed: UInt64) -> [LearnerState: Int] {
    let minutes = ClassPlan.minutesTaughtBefore
    return ClassStates.count(
      events(seed: seed, minutes: minutes), at: Self.start + .minutes(minutes))
  }

  @Test func afterALessonComesTheNext() {
    let all = events(minutes: 200)
    let notebooks = all.reduce(into: [String]()) {
      if !$0.contains($1.notebookPath) { $0.append($1.notebookPath) }
    }
    #expect(
      notebooks == [
        "lessons/01-loops.ipynb", "lessons/02-dictionaries.ipynb", "lessons/03-tables.ipynb",
        "lessons/04-loops.ipynb",
      ])
    // In the break nobody works and nobody waits.
    let pause = all.filter {
      $0.occurredAt > Self.start + .minutes(46) && $0.occurredAt < Self.start + .minutes(50)
    }
    #expect(pause.allSatisfy { $0.eventType == "notebook_closed" })
  }
}
