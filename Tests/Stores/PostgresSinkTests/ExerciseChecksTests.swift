import PostgresDriver
import ProgressBusTesting
import SeededRandom
import Testing

/// Checks of exercises beside runs of cells: other tables, but the same learners and classes.
@Suite(.tags(.servers)) struct ExerciseChecksTests {
  private static func check(
    _ exercise: String, at: Int, student: String, course: String = "c1", passed: Bool = true
  ) -> TestEvent {
    TestEvent(
      "exercise_checked", at: at, student: student,
      [
        "course_id": .text(course), "exercise_id": .text(exercise), "passed": .boolean(passed),
      ])
  }

  private static let deadlocks =
    "select deadlocks from pg_stat_database where datname = current_database()"

  /// A lane that stores a new class has stored its learners and goes on to what they share: a batch of checks
  /// waits for it at the learners, and holds nothing that it needs.
  @Test func checksOfANewClassWaitInTheOrderOfItsRuns() async throws {
    try await withPostgresDatabase { url in
      try await withStore(url: url) { store in
        let lane = try await PostgresConnection.connect(
          PostgresConfiguration(url: url), logger: testLogger)
        try await lane.executeScript(
          """
          begin;
          insert into enrollments (
            course_id, student_id, first_seen_at, last_seen_at, executions, errors)
          values ('c1', 's1', now(), now(), 0, 0);
          """)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let refused = try await store.write([Self.check("q1", at: 1, student: "s1")])
            #expect(refused.isEmpty)
          }
          try await eventually(within: .seconds(15), "the checks wait") {
            try await store.row(
              """
              select count(*) from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'
              """) == "1"
          }
          try await lane.executeScript(
            """
            insert into students (student_id) values ('s1');
            insert into courses (course_id, first_seen_at) values ('c1', now());
            insert into notebooks (course_id, notebook_path, first_seen_at)
            values ('c1', 'n.ipynb', now());
            commit;
            """)
          try await group.waitForAll()
        }
        await lane.close()
        #expect(try await store.row("select attempts from exercise_progress") == "1")
        #expect(try await store.row(Self.deadlocks) == "0")
      }
    }
  }

  @Test func lanesThatStoreBothOfNewClassesNeitherDeadlockNorMiscount() async throws {
    var random = SeededGenerator(seed: 5)
    var events: [TestEvent] = []
    for number in 0..<900 {
      let student = "s\(Int.random(in: 0..<12, using: &random))"
      let course = "c\(number / 150)"
      var run = TestEvent.run("a\(number % 5)", at: number, student: student)
      run.fields["course_id"] = .text(course)
      events.append(
        number % 3 == 0
          ? run
          : Self.check(
            "q\(number % 4)", at: number, student: student, course: course,
            passed: Bool.random(using: &random)))
    }
    let all = events
    try await withStore(lanes: 3) { store in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<3 {
          group.addTask {
            // Each event goes through two lanes, and all lanes begin each class.
            var random = SeededGenerator(seed: UInt64(lane))
            for start in stride(from: 0, to: all.count, by: 150) {
              let own = (start..<start + 150).filter { $0 % 3 != lane }.shuffled(using: &random)
              for part in stride(from: 0, to: own.count, by: 50) {
                try await store.write(own[part..<part + 50].map { all[$0] })
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await store.row(Self.deadlocks) == "0")
      #expect(
        try await store.row(
          "select count(*), (select sum(attempts) from exercise_progress) from exercise_checks")
          == "600 | 600")
      #expect(try await store.row("select sum(executions) from enrollments") == "300")
      // A pass of any learner is the last of its row exactly when nothing has failed since.
      #expect(
        try await store.row(
          """
          select count(*) from exercise_progress as known join lateral (
            select passed from exercise_checks as event
            where event.student_id = known.student_id and event.course_id = known.course_id
              and event.exercise_id = known.exercise_id
            order by occurred_at desc limit 1
          ) as latest on latest.passed <> (known.failures_in_a_row = 0)
          """) == "0")
    }
  }
}
