import API
import Events
import Foundation
import HTTPServerTesting
import ProgressBusTesting
import Testing

/// The tables in `Tests/Support/Fixtures`, which the page's tests run too (`shared-rules.test.js`).
struct SharedRulesTests {
  @Test(arguments: StateCase.all) func aStateIsThatOfTheTable(_ example: StateCase) {
    let now = Timestamp(microseconds: 1_800_000_000_000_000)
    func ago(_ seconds: Int) -> Timestamp {
      Timestamp(microseconds: now.microseconds - Int64(seconds) * 1_000_000)
    }
    let told = example.learner
    var learner = LearnerSituation(
      firstSeenAt: ago(told.firstSeen), lastSeenAt: ago(told.lastSeen))
    learner.lastSuccessAt = told.lastSuccess.map(ago)
    learner.helpSince = told.helpSince.map(ago)
    learner.consecutiveErrors = told.errorsInARow
    learner.runningSince = told.runningSince.map(ago)
    learner.failedChecks = told.failedChecks ?? 0
    learner.failingSince = told.failingSince.map(ago)
    learner.lastCheckedAt = told.lastChecked.map(ago)
    learner.solvedCells = told.solved
    learner.remainingCells = told.remaining
    learner.notebookClosed = told.notebookClosed
    var rules = LearnerStateRules.standard
    rules.idleSeconds = example.rules?.idleSeconds ?? rules.idleSeconds
    rules.stuckErrors = example.rules?.stuckErrors ?? rules.stuckErrors
    rules.stuckSeconds = example.rules?.stuckSeconds ?? rules.stuckSeconds
    rules.behindRatio = example.rules?.behindRatio ?? rules.behindRatio
    let (state, reason) = rules.state(
      of: learner,
      pace: ClassPace(medianSolved: example.medianSolved, requiredCells: example.requiredCells),
      at: now)
    #expect(state.rawValue == example.expected.state)
    #expect(reason.code.rawValue == example.expected.reason)
    #expect(reason.since == example.expected.since.map { ago(Int($0)) })
    #expect(reason.count == example.expected.count)
  }

  @Test(.tags(.servers), arguments: Lesson.all) func aLessonEndsInTheStatesOfTheTable(
    _ lesson: Lesson
  ) async throws {
    try await withClassroom { classroom in
      let stored = lesson.events.prefix(lesson.stored).map(\.classroomEvent)
      try await classroom.store(stored)
      try await expectRecordedAnswers(lesson, from: classroom)
      for event in lesson.events.dropFirst(lesson.stored) {
        try await classroom.store(event.classroomEvent)
      }
      let answer = try await answer("students", from: classroom)
      var states: [String: StateCase.Expected] = [:]
      for student in answer.list("students") {
        let since = Timestamp(rfc3339: student["reason.since"].utf8).map {
          Double($0.microseconds - Lesson.now.microseconds) / 1_000_000
        }
        states[student["student_id"]] = StateCase.Expected(
          state: student["state"], reason: student["reason.code"], since: since,
          count: Int(student["reason.count"]))
      }
      #expect(states == lesson.expected)
      let alerts = try await self.answer("progress", from: classroom).list("alerts").map { item in
        func text(_ name: String) -> String? { item[name] == "-" ? nil : item[name] }
        let exercise = text("exercise_id")
        return Lesson.Alert(
          exercise: exercise, cell: exercise == nil ? text("cell") : nil,
          failing: Int(item["failing"]) ?? 0, atWork: Int(item["at_work"]) ?? 0,
          error: text("top_error_name"))
      }
      #expect(alerts == lesson.alerts ?? [])
    }
  }

  /// The page's tests begin with these. `RECORD_ANSWERS=1` writes them anew, one test at a time.
  private func expectRecordedAnswers(_ lesson: Lesson, from classroom: Classroom) async throws {
    let url = Fixture.url("lesson-answers.json")
    let answers: [String: Any] = [
      "progress": try await answer("progress", from: classroom).json,
      "students": try await answer("students", from: classroom).json,
    ]
    let content = try? JSONSerialization.jsonObject(with: Data(contentsOf: url))
    var recorded = content as? [String: Any] ?? [:]
    if ProcessInfo.processInfo.environment["RECORD_ANSWERS"] != nil {
      recorded[lesson.name] = answers
      try JSONSerialization.data(withJSONObject: recorded, options: [.sortedKeys, .prettyPrinted])
        .write(to: url)
    }
    let known = recorded[lesson.name] as? [String: Any]
    #expect(NSDictionary(dictionary: answers) == known.map(NSDictionary.init(dictionary:)))
  }

  private func answer(_ resource: String, from classroom: Classroom) async throws -> Answer {
    let routes = try classroom.routes(at: Lesson.now)
    return try await withRouter(routes) { client in
      try Answer(
        try await client.get("/api/v1/courses/lesson/\(resource)?notebook=n.ipynb"))
    }
  }
}
