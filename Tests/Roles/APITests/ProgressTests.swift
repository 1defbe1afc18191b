import Foundation
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct ProgressTests {
  @Test func cellsTellHowFarTheClassIs() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -60, by: "s1", milliseconds: 10, index: 0),
        .run("a", at: -50, by: "s2", error: "NameError", milliseconds: 30, index: 0),
        .run("a", at: -40, by: "s3", error: "NameError", milliseconds: 5, index: 0),
        .run("a", at: -30, by: "s3", milliseconds: 20, index: 0),
        .run("b", at: -20, by: "s1", error: "TypeError", milliseconds: 7, index: 1),
        .run("b", at: -10, by: "s1", milliseconds: 8, index: 1),
        .run("b", at: -5, by: "s1", error: "ValueError", milliseconds: 9, index: 1))
      let answer = try await classroom.get("/api/v1/courses/c1/progress")
      #expect(answer.status == 200)
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer["notebook_path"] == "n.ipynb")
      #expect(answer["stream_id"] == "7-0")
      #expect(answer["learners"] == "3")
      #expect(answer["median_solved"] == "1.0")
      #expect(answer["rules.stuck_errors"] == "3")
      let cells = answer.list("cells")
      #expect(cells.map { $0["cell"] } == ["a", "b"])
      #expect(cells.map { $0["reached"] } == ["3", "1"])
      #expect(cells.map { $0["solved"] } == ["2", "1"])
      #expect(cells.map { $0["errors_now"] } == ["1", "1"])
      #expect(cells.map { $0["median_duration_ms"] } == ["20.0", "9.0"])
      #expect(cells.map { $0["p90_duration_ms"] } == ["28.0", "9.0"])
      #expect(cells.map { $0["top_error_name"] } == ["NameError", "ValueError"])
      #expect(cells.map { $0["top_error_learners"] } == ["2", "1"])
      #expect(cells.map { $0["required"] } == ["true", "true"])
    }
  }

  @Test func theNotebookIsTheOneThatTheClassWorksOn() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -120, by: "s1", notebook: "old.ipynb"),
        .run("a", at: -60, by: "s1", notebook: "new.ipynb"),
        .run("a", at: -50, by: "s2", notebook: "new.ipynb"),
        .run("a", at: -10, by: "s3", notebook: "old.ipynb"))
      let answer = try await classroom.get("/api/v1/courses/c1/progress")
      #expect(answer["notebook_path"] == "new.ipynb")
      let notebooks = answer.list("notebooks")
      #expect(notebooks.map { $0["notebook_path"] } == ["new.ipynb", "old.ipynb"])
      #expect(notebooks.map { $0["current_learners"] } == ["2", "1"])
      let other = try await classroom.get("/api/v1/courses/c1/progress?notebook=old.ipynb")
      #expect(other["notebook_path"] == "old.ipynb")
      #expect(other.list("cells").first?["reached"] == "2")
    }
  }

  @Test func countersAreThoseOfTheLearners() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -10, by: "working"),
        .run("a", at: -9, by: "failing", error: "E"), .run("a", at: -8, by: "failing", error: "E"),
        .run("a", at: -7, by: "failing", error: "E"),
        .run("a", at: -600, by: "left", error: "E"),
        .run("a", at: -500, by: "asking"),
        ClassroomEvent("help", at: -400, by: "asking"),
        .run("a", at: -90, by: "finished"),
        ClassroomEvent("notebook_closed", at: -80, by: "finished"))
      let progress = try await classroom.get("/api/v1/courses/c1/progress")
      for (state, count) in [
        ("on_track", "1"), ("stuck", "1"), ("idle", "1"), ("help", "1"), ("done", "1"),
        ("behind", "0"),
      ] { #expect(progress["states.\(state)"] == count, "\(state)") }
      let students = try await classroom.get("/api/v1/courses/c1/students")
      let states = Dictionary(
        uniqueKeysWithValues: students.list("students").map { ($0["student_id"], $0["state"]) })
      #expect(
        states == [
          "working": "on_track", "failing": "stuck", "left": "idle", "asking": "help",
          "finished": "done",
        ])
    }
  }

  @Test func cellsComeInPages() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        (0..<7).map { .run("cell\(6 - $0)", at: Double(-$0), by: "s1", index: $0) }
          + [.run("without index", at: -30, by: "s1"), .run("another", at: -20, by: "s1")])
      var cells: [String] = []
      var cursor = ""
      var pages = 0
      repeat {
        let page = try await classroom.get(
          "/api/v1/courses/c1/progress?limit=4&cursor=\(cursor)")
        cells += page.list("cells").map { $0["cell"] }
        cursor = page["next_cursor"]
        pages += 1
      } while cursor != "-" && pages < 10
      #expect(pages == 3)
      #expect(cells == (0..<7).map { "cell\(6 - $0)" } + ["without index", "another"])
    }
  }

  @Test(arguments: ["a/b", "数学 1", "r@e.org", "50%", "a?b#c"])
  func identifiersComePercentEncoded(_ course: String) async throws {
    try await withClassroom { classroom in
      try await classroom.store(.run("a", at: -1, by: course, course: course))
      let encoded = course.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let progress = try await classroom.get("/api/v1/courses/\(encoded)/progress")
      #expect(progress["course_id"] == course)
      let student = try await classroom.get("/api/v1/students/\(encoded)?course_id=\(encoded)")
      #expect(student["student_id"] == course)
      let courses = try await classroom.get("/api/v1/courses")
      #expect(courses.list("courses").map { $0["course_id"] } == [course])
    }
  }
}
