import Events
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct LessonsTests {
  private static let week = -7.0 * 86_400

  /// Of a lesson that begins at `start`: learners who each solve `a` after so many seconds, one of whom gets no further.
  private static func lesson(at start: Double, slowness: Double) -> [ClassroomEvent] {
    (1...4).flatMap { learner -> [ClassroomEvent] in
      let name = "s\(learner)"
      let ready = start + slowness * Double(learner)
      return [
        ClassroomEvent("notebook_opened", at: start, by: name),
        .run("a", at: ready - 5, by: name, error: "NameError", index: 0),
        .run("a", at: ready, by: name, index: 0),
        // An answer that runs well is not right until a check says so.
        .run("b", at: ready + 1, by: name, index: 1),
        .check("q", passed: learner == 1, at: ready + 2, by: name, cell: "b"),
      ]
    }
  }

  private static func stuck(at start: Double) -> [ClassroomEvent] {
    (0..<3).map { .run("c", at: start + Double($0), by: "s4", error: "E", index: 2) }
      + [
        ClassroomEvent("help", at: start, by: "s3"),
        ClassroomEvent("help", at: start + 9, by: "s3"),
      ]
  }

  @Test func aPauseMakesANewLesson() async throws {
    try await withClassroom { classroom in
      try await classroom.store(Self.lesson(at: Self.week, slowness: 20))
      // Somebody's homework.
      try await classroom.store(.run("a", at: Self.week / 2, by: "s1"))
      // A pause of just under half an hour.
      try await classroom.store(Self.lesson(at: -3_000, slowness: 10))
      try await classroom.store(.run("a", at: -1_200, by: "s1"))
      let lessons = try await classroom.get("/api/v1/courses/c1/lessons").list("lessons")
      #expect(lessons.map { $0["events"] } == ["17", "16"])
      let starts = lessons.map { Timestamp(rfc3339: $0["started_at"].utf8)?.microseconds ?? 0 }
      let expected = [-3_000.0, Self.week].map {
        (Classroom.noon.microseconds + Int64($0 * 1_000_000)) / 1_000_000 * 1_000_000
      }
      #expect(starts == expected)
      let missing = try await classroom.get("/api/v1/courses/c9/lessons")
      #expect(missing.status == 404)
    }
  }

  @Test func aLessonIsShownBesideTheLastAtTheSameElapsedTime() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        Self.lesson(at: Self.week, slowness: 20) + Self.stuck(at: Self.week + 150))
      // What the last lesson did later is no part of the comparison.
      try await classroom.store(.run("a", at: Self.week + 900, by: "s9", error: "E"))
      try await classroom.store(Self.lesson(at: -200, slowness: 10))
      let answer = try await classroom.get("/api/v1/courses/c1/comparison")
      let current = Item(answer.json)
      func figures(_ lesson: String) -> [String] {
        [
          "learners", "solved_cells", "stuck", "waiting_for_help", "hands", "executions", "errors",
          "median_seconds_to_solve",
        ].map { current["\(lesson).\($0)"] }
      }
      // Whoever asked last week and was not helped is waiting still.
      #expect(figures("lesson") == ["4", "5", "0", "1", "0", "12", "4", "25.0"])
      let last = figures("previous_lesson")
      #expect(Array(last.dropLast()) == ["4", "5", "1", "1", "1", "15", "7"])
      #expect(last.last == "50.0")
      let cells = answer.list("cells")
      #expect(cells.map { $0["cell"] } == ["a", "b", "c"])
      #expect(cells.map { $0["lesson.solved"] } == ["4", "1", "missing"])
      #expect(cells.map { $0["previous_lesson.errors"] } == ["4", "0", "3"])
      #expect(cells[0]["lesson.median_seconds_to_solve"] == "25.0")
      #expect(cells[1]["previous_lesson.median_seconds_to_solve"] == "22.0")
    }
  }

  @Test func theFirstLessonStandsAlone() async throws {
    try await withClassroom { classroom in
      try await classroom.store(.run("a", at: -60, by: "s1"))
      let answer = try await classroom.get("/api/v1/courses/c1/comparison?notebook=n.ipynb")
      #expect(answer["previous_lesson"] == "-")
      #expect(Item(answer.json)["lesson.learners"] == "1")
      // Nothing but checks is stored.
      try await classroom.store(.check("q", passed: true, at: -50, by: "s1", course: "c2"))
      #expect(try await classroom.get("/api/v1/courses/c2/comparison")["lesson"] == "-")
      #expect(try await classroom.get("/api/v1/courses/c9/comparison").status == 404)
    }
  }
}
