import Events
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
      [String(event.occurredAt.microseconds), event.id]
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
      let learner: [PostgresValue] = [.text(request.student), .text(request.course)]
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
