import Foundation
import PostgresSink
import ProgressBusTesting
import Testing

/// What the tables hold after some events.
@Suite(.tags(.servers)) struct ProjectionTests {
  static let streak = "select consecutive_errors as n from cell_progress"

  @Test func anEventBecomesALearnerANotebookACellAndARow() async throws {
    try await withStore { store in
      var event = TestEvent.run("cell-1", at: 5, error: "NameError", milliseconds: 12.5)
      event.fields.merge([
        "student_name": "山田 花子 😀", "team": "Blue", "session_id": "k1", "cell_index": 3,
        "cell_type": "code", "execution_count": 7, "code": "print('\u{1F600}\\n')", "result": "",
        "attributes": .object(["os": "Linux", "ü": "\"quoted\""]),
      ]) { $1 }
      try await store.write([event])
      #expect(
        try await store.row(
          """
          select event_type, occurred_at, course_id, student_id, team, session_id, notebook_path,
            cell_id, cell_index, cell_type, execution_count, has_error, error_name, error_message,
            duration_ms, code, result, attributes from progress_events
          """)
            == """
            cell_executed | 2026-11-21 10:00:05+00 | c1 | s1 | Blue | k1 | n.ipynb | cell-1 | 3 | code \
            | 7 | t | NameError | NameError at 5 | 12.5 | print('😀\\n') |  | \
            {"os": "Linux", "ü": "\\"quoted\\""}
            """)
      #expect(
        try await store.row("select student_id, student_name from students") == "s1 | 山田 花子 😀")
      #expect(try await store.row("select course_id from courses") == "c1")
      #expect(
        try await store.row("select course_id, notebook_path from notebooks") == "c1 | n.ipynb")
      #expect(
        try await store.row(
          """
          select student_id, cell, cell_index, executions, errors, consecutive_errors,
            last_error_name, last_error_message, last_execution_count, last_duration_ms,
            total_duration_ms, first_success_at from cell_progress
          """) == "s1 | cell-1 | 3 | 1 | 1 | 1 | NameError | NameError at 5 | 7 | 12.5 | 12.5 | -")
      #expect(
        try await store.row(
          "select team, executions, errors, current_notebook_path, current_cell from enrollments")
          == "Blue | 1 | 1 | n.ipynb | cell-1")
    }
  }

  /// An event that was written by hand may be in either normal form; PostgreSQL tells them apart.
  @Test func whatIsOneToSwiftAloneIsSummedUpApart() async throws {
    try await withStore { store in
      let names = ["caf\u{E9}", "cafe\u{301}"]
      let events = (0..<8).map { second in
        var event = TestEvent.run("cell", at: second)
        event.fields["course_id"] = .text(names[second % 2])
        event.fields["student_id"] = .text("s\(second % 4)")
        return event
      }
      try await store.write(events)
      #expect(
        try await store.rows("select executions from enrollments")
          == Array(repeating: "2", count: 4))
      for table in ["courses", "notebooks", "course_activity"] {
        let counted = try await store.row("select count(distinct course_id) from \(table)")
        #expect(counted == "2", "\(table)")
      }
    }
  }

  @Test func replaysCountOnce() async throws {
    try await withStore { store in
      let events = (0..<50).map {
        TestEvent.run("c\($0 % 5)", at: $0, error: $0 % 3 == 0 ? "E" : nil)
      }
      try await store.write(events + events)
      let once = try await store.summary()
      try await store.write(events.reversed())
      try await store.write(Array(events[10..<20]) + [TestEvent("notebook_saved", at: 1)])
      #expect(try await store.summary() == once)
      #expect(try await store.row("select count(*) from progress_events") == "51")
      #expect(
        try await store.row("select sum(executions) as runs, sum(errors) from cell_progress")
          == "50 | 17")
    }
  }

  @Test func withoutAnIdACellIsItsIndexAndWithoutBothItIsNone() async throws {
    try await withStore { store in
      try await store.write([
        TestEvent(at: 1, ["cell_index": 4]), TestEvent(at: 2, ["cell_index": 4, "cell_id": ""]),
        TestEvent(at: 3),
      ])
      #expect(try await store.row("select cell, executions from cell_progress") == "4 | 2")
      #expect(try await store.row("select executions from enrollments") == "3")
    }
  }

  @Test func anOlderNameOrTeamDoesNotComeBack() async throws {
    try await withStore { store in
      func named(_ name: String, _ team: String, at: Int) -> TestEvent {
        TestEvent(
          "notebook_opened", at: at, ["student_name": .text(name), "team": .text(team)])
      }
      let query = "select student_name, team from students join enrollments using (student_id)"
      try await store.write([TestEvent("notebook_opened", at: 0)])
      #expect(try await store.row(query) == "- | -")
      try await store.write([named("Ann", "Red", at: 10)])
      try await store.write([named("Old", "Grey", at: 5)])
      #expect(try await store.row(query) == "Ann | Red")
      // Ann is used again at 30, so what comes late from 20 is older.
      try await store.write([named("Ann", "Red", at: 30)])
      try await store.write([named("Anna", "Rose", at: 20)])
      #expect(try await store.row(query) == "Ann | Red")
      try await store.write([named("Between", "X", at: 35), named("Anne", "Blue", at: 40)])
      #expect(try await store.row(query) == "Anne | Blue")
      try await store.write([TestEvent("notebook_saved", at: 50, ["student_name": "", "team": ""])])
      #expect(try await store.row(query) == "Anne | Blue")
      // What learners send is in one place; the other is the teacher's own list.
      let places = """
        select string_agg(table_name, ', ' order by table_name) from information_schema.columns
        where column_name = 'student_name'
        """
      #expect(try await store.row(places) == "roster_learners, students")
    }
  }

  @Test(arguments: [
    [0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 2, 4, 1], [2, 5, 4, 0, 1, 3],
  ])
  func anErrorStreakIsExactInAnyOrder(order: [Int]) async throws {
    try await withStore { store in
      let events = [
        TestEvent.run(at: 0, error: "A"), .run(at: 1, error: "A"), .run(at: 2),
        .run(at: 3, error: "B"), .run(at: 4, error: "C"), .run(at: 5, error: "D"),
      ]
      for index in order { try await store.write([events[index]]) }
      #expect(
        try await store.row(
          """
          select executions, errors, consecutive_errors, last_error_name, first_executed_at::time,
            last_executed_at::time as last, first_success_at::time as success,
            last_error_at::time as error from cell_progress
          """) == "6 | 5 | 3 | D | 10:00:00 | 10:00:05 | 10:00:02 | 10:00:05")
      try await store.write([.run(at: 6)])
      #expect(try await store.row(Self.streak) == "0")
    }
  }

  @Test func aRequestForHelpStandsFromItsFirstCallUntilItsStop() async throws {
    try await withStore { store in
      let query = "select help_asked_at, help_stopped_at from enrollments"
      let time = { (seconds: Int) in "2026-11-21 10:00:0\(seconds)+00" }
      try await store.write([TestEvent("help", at: 2), TestEvent("help", at: 4)])
      #expect(try await store.row(query) == "\(time(2)) | -")
      try await store.write([TestEvent("help", at: 1)])
      #expect(try await store.row(query) == "\(time(1)) | -")
      // Late: the help at 4 came after it, so it stands.
      try await store.write([TestEvent("help_stop", at: 3)])
      #expect(try await store.row(query) == "\(time(4)) | \(time(3))")
      try await store.write([TestEvent("help_stop", at: 6)])
      #expect(try await store.row(query) == "- | \(time(6))")
      try await store.write([TestEvent("help", at: 5)])
      #expect(try await store.row(query) == "- | \(time(6))")
      try await store.write([TestEvent("help", at: 7)])
      #expect(try await store.row(query) == "\(time(7)) | \(time(6))")
    }
  }
}
