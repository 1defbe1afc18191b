import Access
import Events
import HTTPServer
import JSONText
import PostgresDriver

/// The courses, as of one moment.
struct CourseList: Sendable {
  let position: String?
  let takenAt: Timestamp
  let courses: [Course]

  /// What tells pages apart.
  struct Key: Hashable, Sendable {
    /// The last course of the page before; empty for the first page.
    let after: String
    /// One more than a page holds tells whether there is another.
    let count: Int
    /// Whoever may read the same courses gets the same pages.
    let readable: ReadableCourses
  }

  private static let statement = """
    select c.course_id as id, \(RowReader.microseconds("c.first_seen_at")) as first_seen,
      count(e.student_id) as learners,
      count(*) filter (where e.last_seen_at > now() - interval '5 minutes') as active,
      \(RowReader.microseconds("max(e.last_seen_at)")) as last_seen
    from (
      select * from courses
      where course_id > $1 and ($3::text is null
        or course_id in (select jsonb_array_elements_text($3::jsonb)))
      order by course_id limit $2
    ) as c
    left join enrollments e on e.course_id = c.course_id
    group by c.course_id, c.first_seen_at
    order by c.course_id
    """

  static func read(
    _ key: Key, from database: ReadDatabase, position: String?, at moment: Timestamp
  ) async throws(PostgresError) -> CourseList {
    let result = try await database.pool.query(
      statement,
      [.text(key.after), .integer(Int64(key.count)), .text(key.readable.json)])
    var courses: [Course] = []
    for row in result.rows {
      courses.append(
        Course(
          id: try row.value("id"), learners: try row.value("learners"),
          activeLearners: try row.value("active"), firstSeenAt: try row.value("first_seen"),
          lastActivityAt: try row.optional("last_seen")))
    }
    return CourseList(position: position, takenAt: moment, courses: courses)
  }

  func answer(limit: Int) -> JSONWriter {
    let page = PageOfItems(courses, limit: limit) { [$0.id] }
    var json = JSONWriter()
    json.object { json in
      json.member("generated_at", takenAt)
      json.member("stream_id", position)
      json.array("courses", page.items) { json, course in
        json.object { json in
          json.member("course_id", course.id)
          json.member("learners", course.learners)
          json.member("active_learners", course.activeLearners)
          json.member("first_seen_at", course.firstSeenAt)
          json.member("last_activity_at", course.lastActivityAt)
        }
      }
      json.member("next_cursor", page.nextCursor)
    }
    return json
  }
}

extension ReadableCourses {
  /// As a JSON array of their names, which PostgreSQL compares byte by byte; nil for all.
  var json: String? {
    names.map { names in
      let elements = names.map { name in
        var element: [UInt8] = []
        JSONEscaping.append(name, to: &element)
        return String(decoding: element, as: UTF8.self)
      }
      return "[\(elements.joined(separator: ","))]"
    }
  }
}

/// A course, as the list tells it.
struct Course: Sendable {
  let id: String
  let learners: Int
  /// Learners heard of in the last 5 minutes.
  let activeLearners: Int
  let firstSeenAt: Timestamp
  let lastActivityAt: Timestamp?
}
