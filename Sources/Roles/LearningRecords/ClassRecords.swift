import JSONText
public import Logging
public import PostgresDriver

/// Reads what PostgreSQL has of a course, a page at a time, so that a class of any size takes the same memory.
public struct ClassRecords: Sendable {
  private static let pageSize = 1000
  private static let time =
    #"to_char(coalesce(corrected_at, occurred_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#

  private let pool: PostgresPool

  /// Connects to nothing yet.
  public init(_ configuration: PostgresConfiguration, logger: Logger) {
    var configuration = configuration
    configuration.applicationName = "progressbus-export"
    pool = PostgresPool(configuration, size: 1, waitTimeout: .seconds(5), logger: logger)
  }

  public func close() async { await pool.close() }

  /// Gives every event of a learner's work to `body`: learner by learner, each in the order in which it happened, checked exercises
  /// behind the rest.
  ///
  /// - Throws: what PostgreSQL fails with, and what `body` throws.
  public func events(of course: String, _ body: (RecordedEvent) throws -> Void) async throws {
    let course = course.composed
    var after = ""
    while true {
      let students = try await pool.query(
        """
        select student_id from enrollments
        where course_id = $1 and student_id > $2 order by student_id limit \(Self.pageSize)
        """, [.text(course), .text(after)]
      ).rows.map { row throws in try row.value("student_id") as String }
      for student in students {
        try await events(of: student, in: course, body)
        try await checks(of: student, in: course, body)
      }
      guard let last = students.last else { return }
      after = last
    }
  }

  private func events(
    of student: String, in course: String, _ body: (RecordedEvent) throws -> Void
  ) async throws {
    try await pages { at, id in
      try await pool.query(
        """
        select event_id::text as id, event_type, \(Self.time) as happened_at, occurred_at::text as place,
          notebook_path, session_id, cell_id, cell_index, has_error, error_name, duration_ms
        from progress_events
        where student_id = $1 and course_id = $2 and (occurred_at, event_id) > ($3::timestamptz, $4::uuid)
        order by occurred_at, event_id limit \(Self.pageSize)
        """, [.text(student), .text(course), .text(at), .text(id)]
      ).rows
    } each: { row in
      var event = RecordedEvent(
        id: try row.value("id"), eventType: try row.value("event_type"),
        happenedAt: try row.value("happened_at"), student: student, course: course,
        notebook: try row.value("notebook_path"))
      event.session = try row.optional("session_id")
      event.cell = try row.optional("cell_id")
      event.cellIndex = try row.optional("cell_index")
      event.hasError = try row.optional("has_error")
      event.errorName = try row.optional("error_name")
      event.durationMilliseconds = try row.optional("duration_ms")
      try body(event)
    }
  }

  private func checks(
    of student: String, in course: String, _ body: (RecordedEvent) throws -> Void
  ) async throws {
    try await pages { at, id in
      try await pool.query(
        """
        select event_id::text as id, \(Self.time) as happened_at, occurred_at::text as place,
          notebook_path, session_id, exercise_id, label, passed, points, points_possible
        from exercise_checks
        where student_id = $1 and course_id = $2 and (occurred_at, event_id) > ($3::timestamptz, $4::uuid)
        order by occurred_at, event_id limit \(Self.pageSize)
        """, [.text(student), .text(course), .text(at), .text(id)]
      ).rows
    } each: { row in
      var event = RecordedEvent(
        id: try row.value("id"), eventType: "exercise_checked",
        happenedAt: try row.value("happened_at"), student: student, course: course,
        notebook: try row.value("notebook_path"))
      event.session = try row.optional("session_id")
      event.exercise = try row.optional("exercise_id")
      event.label = try row.optional("label")
      event.passed = try row.optional("passed")
      event.points = try row.optional("points")
      event.pointsPossible = try row.optional("points_possible")
      try body(event)
    }
  }

  private func pages(
    _ page: (_ at: String, _ id: String) async throws -> [PostgresRow],
    each body: (PostgresRow) throws -> Void
  ) async throws {
    var place = (at: "-infinity", id: "00000000-0000-0000-0000-000000000000")
    while true {
      let rows = try await page(place.at, place.id)
      for row in rows { try body(row) }
      guard let last = rows.last, rows.count == Self.pageSize else { return }
      place = (try last.value("place"), try last.value("id"))
    }
  }

  /// Every exercise of a course that somebody had checked, by notebook. Teachers write few, so they are all in memory at once.
  public func exercises(of course: String) async throws -> [GradedExercise] {
    try await pool.query(
      """
      select notebook_path, exercise_id, max(label) as label, max(points_possible) as points_possible
      from exercise_progress where course_id = $1 and last_checked_at is not null
      group by notebook_path, exercise_id order by notebook_path, exercise_id
      """, [.text(course.composed)]
    ).rows.map { row throws in
      GradedExercise(
        notebook: try row.value("notebook_path"), id: try row.value("exercise_id"),
        label: try row.optional("label"), pointsPossible: try row.optional("points_possible"))
    }
  }

  /// Gives the score of every learner for an exercise to `body`.
  public func scores(
    of exercise: GradedExercise, in course: String, _ body: (ExerciseScore) throws -> Void
  ) async throws {
    var after = ""
    while true {
      let rows = try await pool.query(
        """
        select student_id, points, points_possible, failures_in_a_row = 0 as passes,
          first_passed_attempt is not null as ever_passed,
          to_char(last_checked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as checked_at
        from exercise_progress
        where course_id = $1 and notebook_path = $2 and exercise_id = $3 and student_id > $4
          and last_checked_at is not null
        order by student_id limit \(Self.pageSize)
        """, [.text(course.composed), .text(exercise.notebook), .text(exercise.id), .text(after)]
      ).rows
      for row in rows {
        try body(
          ExerciseScore(
            student: try row.value("student_id"), of: exercise,
            points: try row.optional("points"),
            pointsPossible: try row.optional("points_possible"), passes: try row.value("passes"),
            everPassed: try row.value("ever_passed"), checkedAt: try row.value("checked_at")))
      }
      guard let last = rows.last, rows.count == Self.pageSize else { return }
      after = try last.value("student_id")
    }
  }
}
