import Access
import Events
import HTTPServer
import JSONText
import PostgresDriver

/// Reads a learner's summary and timeline from PostgreSQL.
struct StudentReader: Sendable {
  let database: ReadDatabase
  let position: @Sendable () async -> String?
  let now: @Sendable () -> Timestamp

  private struct Rows: Sendable {
    let name: PostgresResult
    let courses: PostgresResult
    let events: PostgresResult
  }

  /// - Throws: `Problem` of status 404 for a learner that is unknown, `PostgresError`.
  func answer(_ request: StudentRequest) async throws -> JSONWriter {
    let position = await position()
    let takenAt = now()
    let rows = try await read(request)
    guard rows.courses.rowCount > 0 else {
      let place = request.course.map { " in course \($0)" } ?? ""
      throw Problem.notFound("no event of learner \(request.student)\(place) is stored")
    }
    let courses = try rows.courses.rows.map(StudentCourse.init)
    let events = PageOfItems(
      try rows.events.rows.map(TimelineEvent.init), limit: request.limit
    ) { event in
      [String(event.moment.microseconds), event.id]
    }
    let name: String? = try rows.name.first?.optional("name")
    var json = JSONWriter(capacity: 1024 + events.items.count * 512)
    json.object { json in
      json.member("student_id", request.student)
      json.member("student_name", name)
      json.member("generated_at", takenAt)
      json.member("stream_id", position)
      json.array("courses", courses) { json, course in course.write(to: &json) }
      json.array("events", events.items) { json, event in event.write(to: &json) }
      json.member("next_cursor", events.nextCursor)
    }
    return json
  }

  private func read(_ request: StudentRequest) async throws(PostgresError) -> Rows {
    try await database.pool.transaction { connection throws(PostgresError) in
      let learner: [PostgresValue] = [
        .text(request.student), .text(request.course), .text(request.courses.json),
      ]
      return Rows(
        name: try connection.query(StudentStatements.name, [.text(request.student)]),
        courses: try connection.query(StudentStatements.courses, learner),
        // One more than a page tells whether there is another.
        events: try connection.query(
          StudentStatements.events,
          learner + [
            .text(request.before.at), .text(request.before.id), .integer(Int64(request.limit + 1)),
          ]))
    }
  }
}

/// A page of a learner's timeline.
struct StudentRequest: Sendable {
  let student: String
  let course: String?
  /// Those that the caller may read.
  let courses: ReadableCourses
  /// Only events before this one; for the first page, the end of time.
  let before: (at: String, id: String)
  let limit: Int

  init(_ parameters: RequestParameters, courses: ReadableCourses) throws(Problem) {
    self.courses = courses
    student = try parameters.identifier(inPath: "student")
    course = try parameters.text("course_id", maximumLength: Envelope.identifierLength)
    if let course, !courses.contains(course) { throw .otherCourse() }
    limit = try parameters.limit()
    guard let cursor = try parameters.cursor(parts: 2) else {
      before = ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
      return
    }
    guard let moment = Int64(cursor[0]).map({ Timestamp(microseconds: $0) }),
      Timestamp.writable.contains(moment), let id = EventID(cursor[1])
    else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    before = (moment.postgresText, id.description)
  }
}

/// What a learner's own answer is read with. `$1` is the learner, `$2` the course or null, `$3` the courses that the
/// caller may read, as a JSON array, or null for all.
enum StudentStatements {
  static let name = "select student_name as name from students where student_id = $1"

  static let courses = """
    select e.course_id as course, e.team, e.executions, e.errors,
      e.current_notebook_path as notebook, e.current_cell as cell,
      \(RowReader.microseconds("e.help_asked_at")) as help_since,
      \(RowReader.microseconds("e.first_seen_at")) as first_seen,
      \(RowReader.microseconds("e.last_seen_at")) as last_seen, e.clock_skew_seconds,
      p.reached, p.solved
    from enrollments e,
      lateral (
        select count(*) as reached, count(first_success_at) as solved
        from cell_progress
        where student_id = e.student_id and course_id = e.course_id
      ) as p
    where e.student_id = $1 and ($2::text is null or e.course_id = $2) and \(isReadable)
    order by e.course_id
    """

  private static let isReadable = """
    ($3::text is null or e.course_id in (select jsonb_array_elements_text($3::jsonb)))
    """

  /// The newest events before `$4`, `$5`. Each course is read from the end of its index, and those whose sender's
  /// clock was wrong from the end of theirs.
  static let events = """
    select event.*
    from enrollments e,
      lateral (
        (\(newest(by: "occurred_at", "corrected_at is null"))) union all
        (\(newest(by: "corrected_at", "corrected_at is not null")))
      ) as event
    where e.student_id = $1 and ($2::text is null or e.course_id = $2) and \(isReadable)
    order by moment desc, id desc
    limit $6
    """

  private static func newest(by moment: String, _ condition: String) -> String {
    """
    select event_id as id, event_type as type, course_id as course, \(moment) as moment,
      \(RowReader.microseconds("occurred_at")) as at,
      \(RowReader.microseconds("corrected_at")) as corrected, notebook_path as notebook,
      session_id as session, cell_id as cell, cell_index, cell_type,
      execution_count as execution, has_error as failed, error_name, error_message,
      duration_ms as duration
    from progress_events
    where student_id = e.student_id and course_id = e.course_id and \(condition)
      and \(moment) <= $4::timestamptz
      and (\(moment), event_id) < ($4::timestamptz, $5::uuid)
    order by \(moment) desc, event_id desc
    limit $6
    """
  }
}
