import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct ExercisesTests {
  @Test func theClassIsShownAtItsExercises() async throws {
    try await withClassroom { classroom in
      let points: [String: Any] = ["points_possible": 2, "cell_index": 4]
      func check(
        _ exercise: String, _ passed: Bool, _ seconds: Double, _ student: String,
        _ more: [String: Any] = [:]
      ) -> ClassroomEvent {
        .check(
          exercise, passed: passed, at: seconds, by: student, cell: "g-\(exercise)",
          points.merging(more) { $1 })
      }
      try await classroom.store(
        .run("g-q1", at: -99, by: "ada"), .run("g-q1", at: -99, by: "bob"),
        check("q1", false, -90, "ada", ["answer": "41", "points": 0]),
        check("q1", false, -80, "ada", ["answer": "41", "points": 0]),
        check("q1", true, -70, "ada", ["label": "Question 1", "points": 2]),
        check("q1", false, -60, "bob", ["answer": "41"]),
        check("q1", false, -50, "bob", ["answer": "43"]),
        check("q1", false, -40, "bob"),
        check("q2", true, -30, "ada", ["cell_index": 9]))
      let answer = try await classroom.get("/api/v1/courses/c1/exercises?notebook=n.ipynb")
      let exercises = answer.list("exercises")
      #expect(exercises.map { $0["exercise_id"] } == ["q1", "q2"])
      let first = try #require(exercises.first)
      #expect(first["label"] == "Question 1")
      #expect(first["tried"] == "2" && first["solved"] == "1" && first["failing_now"] == "1")
      #expect(first["median_attempts"] == "3.0")
      #expect(first["points_possible"] == "2.0")
      let all = try #require(answer.json["exercises"] as? [[String: Any]])
      let wrong = try #require(all[0]["common_wrong_answers"] as? [[String: Any]])
      #expect(wrong.map { $0["answer"] as? String } == ["41", "43"])
      #expect(wrong.map { $0["learners"] as? Int } == [2, 1])

      let students = try await classroom.get("/api/v1/courses/c1/students").list("students")
      #expect(students.map { $0["student_id"] } == ["ada", "bob"])
      #expect(students.map { $0["state"] } == ["on_track", "stuck"])
      #expect(students[1]["reason.code"] == "checks_failed")
      #expect(students[1]["reason.count"] == "3")
      #expect(students.map { $0["cell_states"] } == ["s", "e"])
      #expect(students.map { $0["solved_cells"] } == ["1", "0"])
    }
  }

  /// What a class is shown does not depend on the order in which events come, nor on how often.
  @Test func checksMayComeInAnyOrderAndTwice() async throws {
    try await withClassroom { classroom in
      func events(_ course: String) -> [ClassroomEvent] {
        var events: [ClassroomEvent] = []
        for number in 0..<12 {
          let exercise = number % 3 == 0 ? "q1" : "q2"
          let student = number % 2 == 0 ? "ada" : "bob"
          let passed = number == 4 || number == 6 || number == 8
          let seconds = Double(number) - 60
          events.append(
            .check(
              exercise, passed: passed, at: seconds, by: student, cell: "c\(number % 4)",
              course: course, ["points": number]))
        }
        return events
      }
      func progress(_ course: String) async throws -> String {
        let result = try await classroom.store.query(
          """
          select string_agg((to_jsonb(p) - 'course_id')::text, ' ' order by student_id, exercise_id)
            as rows
          from exercise_progress as p where course_id = $1
          """, [.text(course)])
        return try #require(result.first).value("rows")
      }
      try await classroom.store(events("in-order"))
      for event in events("shuffled").shuffled() { try await classroom.store(event) }
      let twice = events("twice")
      try await classroom.store(Array(twice[6...]) + twice[6...])
      try await classroom.store(twice.shuffled())
      try await classroom.store(twice[3])
      let expected = try await progress("in-order")
      #expect(expected.contains(#""attempts": 4"#))
      #expect(try await progress("shuffled") == expected)
      #expect(try await progress("twice") == expected)
    }
  }

  /// Whoever of the learners comes first by their id.
  @Test(arguments: ["ada", "zoe"]) func anExerciseIsCalledAsItWasCalledLast(
    _ earlier: String
  ) async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .check("q1", passed: true, at: -90, by: earlier, ["label": "Sum", "points_possible": 2]),
        .check("q1", passed: true, at: -80, by: "kim", ["points_possible": 3]))
      let exercises = try await classroom.get("/api/v1/courses/c1/exercises").list("exercises")
      #expect(exercises.map { $0["label"] } == ["Sum"])
      #expect(exercises.map { $0["points_possible"] } == ["3.0"])
    }
  }

  /// The sums outlive what they were counted from.
  @Test func whatRetentionDeletesStaysSolvedAndCounted() async throws {
    try await withClassroom { classroom in
      func expect(_ attempts: [Int], firstPassed: [Int?], failures: [Int]) async throws {
        // The answer is kept for a moment.
        try await eventually("\(attempts) attempts") {
          let students = try await classroom.get("/api/v1/courses/c1/students")
          let all = students.json["students"] as? [[String: Any]]
          let work = all?.first?["exercises"] as? [[String: Any]] ?? []
          return work.map { $0["attempts"] as? Int } == attempts
            && work.map { $0["first_passed_attempt"] as? Int } == firstPassed
            && work.map { $0["failures_in_a_row"] as? Int } == failures
        }
      }
      for (number, passed) in [false, true, false].enumerated() {
        try await classroom.store(
          .check("q1", passed: passed, at: Double(number) - 90, by: "ada"),
          .check("q2", passed: false, at: Double(number) - 90, by: "ada"))
      }
      try await classroom.store.query("delete from exercise_checks")
      try await classroom.store(
        .check("q1", passed: false, at: -10, by: "ada"),
        .check("q2", passed: true, at: -10, by: "ada"))
      try await expect([4, 4], firstPassed: [2, 4], failures: [2, 0])
      // More than there were before.
      for number in 0..<4 {
        try await classroom.store(
          .check("q1", passed: true, at: Double(number) - 9, by: "ada"),
          .check("q2", passed: false, at: Double(number) - 9, by: "ada"))
      }
      try await expect([8, 8], firstPassed: [2, 4], failures: [0, 4])
    }
  }

  /// Senders of nothing but checks are in the class, too.
  @Test func aLearnerWhoWasOnlyCheckedIsInTheClass() async throws {
    try await withClassroom { classroom in
      try await classroom.store(.check("q1", passed: true, at: -10, by: "ada"))
      let students = try await classroom.get("/api/v1/courses/c1/students").list("students")
      #expect(students.map { $0["student_id"] } == ["ada"])
      #expect(students.map { $0["state"] } == ["on_track"])
      let answer = try await classroom.get("/api/v1/courses/c1/exercises")
      #expect(answer.list("exercises").map { $0["solved"] } == ["1"])
    }
  }
}
