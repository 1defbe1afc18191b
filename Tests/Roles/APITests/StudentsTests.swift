import Foundation
import ProgressBusTesting
import Testing

@Suite(.tags(.servers))
struct StudentsTests {
  @Test func learnersComeWithReasonAndPlace() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run(
          "a", at: -90, by: "hanako@example.org", index: 0,
          ["student_name": "山田\"花子\"\n", "team": "A"]),
        .run("b", at: -30, by: "hanako@example.org", error: "TypeError", index: 1),
        .run("b", at: -20, by: "hanako@example.org", error: "NameError", index: 1),
        .run("b", at: -10, by: "hanako@example.org", error: "NameError", index: 1),
        .run("c", at: -10, by: "taro"))
      let answer = try await classroom.get("/api/v1/courses/c1/students?state=stuck")
      let students = answer.list("students")
      #expect(students.count == 1)
      let hanako = try #require(students.first)
      #expect(hanako["student_name"] == "山田\"花子\"\n")
      #expect(hanako["team"] == "A")
      #expect(hanako["reason.code"] == "errors_in_a_row")
      #expect(hanako["reason.count"] == "3")
      #expect(hanako["current_cell"] == "b")
      #expect(hanako["current_cell_index"] == "1")
      #expect(hanako["consecutive_errors"] == "3")
      #expect(hanako["last_error_name"] == "NameError")
      #expect(hanako["solved_cells"] == "1")
      #expect(hanako["remaining_cells"] == "2")
      #expect(hanako["executions"] == "4")
      #expect(hanako["errors"] == "3")
      #expect(hanako["cell_states"] == "se.")
      #expect(answer.json["cells"] as? [String] == ["a", "b", "c"])
    }
  }

  /// Rows that the ingest refuses today, and what other hands stored.
  @Test(arguments: [
    ("0001-12-31T10:00:00Z BC", "0000-12-31T10:00:00.000000Z"),
    ("0300-02-01T10:00:00Z BC", "0000-01-01T00:00:00.000000Z"),
    ("12026-11-21T10:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ("290000-11-21T10:00:00Z", "9999-12-31T23:59:59.999999Z"),
  ])
  func aMomentOutsideAllYearsCostsNoAnswer(stored: String, told: String) async throws {
    try await withClassroom { classroom in
      var strange = ClassroomEvent.run("a", at: -10, by: "strange")
      strange.fields["occurred_at"] = stored
      try await classroom.store(strange, .run("a", at: -10, by: "s1", course: "c2"))
      let courses = try await classroom.get("/api/v1/courses")
      #expect(courses.status == 200)
      #expect(courses.list("courses").map { $0["course_id"] } == ["c1", "c2"])
      #expect(courses.list("courses").first?["first_seen_at"] == told)
      for path in ["progress", "students", "activity"] {
        #expect(try await classroom.get("/api/v1/courses/c1/\(path)").status == 200, "\(path)")
      }
      let student = try await classroom.get("/api/v1/students/strange")
      #expect(student.status == 200)
      #expect(student.list("events").map { $0["occurred_at"] } == [told])
      #expect(student.list("courses").map { $0["last_seen_at"] } == [told])
    }
  }

  @Test func aTimelineIsReadOnFromMomentsLongAgo() async throws {
    try await withClassroom { classroom in
      let moments = [
        "1969-07-20T20:17:40.000000Z", "0000-12-31T10:00:00.000000Z", "0000-12-31T09:00:00.000000Z",
      ]
      for moment in moments {
        var event = ClassroomEvent.run("a", at: -10, by: "s1")
        event.fields["occurred_at"] =
          moment.hasPrefix("0000") ? "0001\(moment.dropFirst(4)) BC" : moment
        try await classroom.store(event)
      }
      var path = "/api/v1/students/s1?limit=1"
      for moment in moments {
        let page = try await classroom.get(path)
        #expect(page.status == 200)
        #expect(page.list("events").map { $0["occurred_at"] } == [moment])
        path = "/api/v1/students/s1?limit=1&cursor=\(page["next_cursor"])"
      }
    }
  }

  @Test func lettersTellEachLearnersCells() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        .run("a", at: -9, by: "s1", index: 0), .run("b", at: -8, by: "s1", error: "E", index: 1),
        .run("c", at: -7, by: "s1", index: 2), .run("c", at: -6, by: "s1", error: "E", index: 2),
        .run("d", at: -5, by: "s2", index: 3))
      let students = try await classroom.get("/api/v1/courses/c1/students").list("students")
      #expect(students.map { $0["cell_states"] } == ["sex.", "...s"])
      #expect(students.map { $0["solved_cells"] } == ["2", "1"])
    }
  }

  @Test func aCellOfOneLearnerAmongManyIsNotRequired() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        (0..<20).map { .run("a", at: -9, by: "s\($0)") } + [.run("scratch", at: -5, by: "s3")])
      let answer = try await classroom.get("/api/v1/courses/c1/progress")
      #expect(answer["required_cells"] == "1")
      #expect(answer.list("cells").map { $0["required"] } == ["true", "false"])
    }
  }

  @Test func helpIsAQueueThatHelpStopLeaves() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        ClassroomEvent("help", at: -30, by: "late"), ClassroomEvent("help", at: -90.5, by: "early"),
        ClassroomEvent("help", at: -60, by: "early"), ClassroomEvent("help", at: -80, by: "gone"))
      try await classroom.store(ClassroomEvent("help_stop", at: -10, by: "gone"))
      let queue = try await classroom.get("/api/v1/courses/c1/help").list("queue")
      #expect(queue.map { $0["student_id"] } == ["early", "late"])
      #expect(queue.map { $0["waiting_seconds"] } == ["90", "30"])
      let first = try await classroom.get("/api/v1/courses/c1/help?limit=1")
      let second = try await classroom.get(
        "/api/v1/courses/c1/help?limit=1&cursor=\(first["next_cursor"])")
      #expect(first.list("queue").map { $0["student_id"] } == ["early"])
      #expect(second.list("queue").map { $0["student_id"] } == ["late"])
      #expect(second["next_cursor"] == "-")
    }
  }

  @Test func everyLearnerIsOnOnePage() async throws {
    try await withClassroom { classroom in
      // "Z" sorts before "a", and "é" behind everything, byte by byte.
      let names = ["Z", "a", "b", "é", "m", "0", "あ"] + (0..<30).map { "s\($0)" }
      try await classroom.store(names.map { .run("a", at: -9, by: $0) })
      var seen: [String] = []
      var cursor = ""
      repeat {
        let page = try await classroom.get("/api/v1/courses/c1/students?limit=6&cursor=\(cursor)")
        seen += page.list("students").map { $0["student_id"] }
        cursor = page["next_cursor"]
      } while cursor != "-" && seen.count < 100
      #expect(seen.count == names.count)
      #expect(Set(seen) == Set(names))
    }
  }

  @Test func timelineIsNewestFirstAndKeepsWorkPrivate() async throws {
    try await withClassroom { classroom in
      try await classroom.store(
        (1...9).map {
          .run(
            "a", at: Double(-$0), by: "s1", course: $0 % 2 == 0 ? "c1" : "c2",
            ["code": "print('secret')", "result": "secret"])
        } + [.run("a", at: -3, by: "s2", ["student_name": "Someone else"])])
      let first = try await classroom.get("/api/v1/students/s1?limit=5")
      #expect(first["student_name"] == "-")
      #expect(first.list("courses").map { $0["course_id"] } == ["c1", "c2"])
      #expect(first.list("courses").map { $0["executions"] } == ["4", "5"])
      let second = try await classroom.get(
        "/api/v1/students/s1?limit=5&cursor=\(first["next_cursor"])")
      let times = (first.list("events") + second.list("events")).map { $0["occurred_at"] }
      #expect(times.count == 9)
      #expect(times == times.sorted(by: >))
      #expect(Set(first.list("events").map { $0["code"] }) == ["missing"])
      let one = try await classroom.get("/api/v1/students/s1?course_id=c1")
      #expect(Set(one.list("events").map { $0["course_id"] }) == ["c1"])
      #expect(one.list("events").count == 4)
    }
  }
}
