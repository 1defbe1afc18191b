import Events
import PostgresDriver

/// A stretch of a course's time in which no long pause was without an event.
struct Lesson: Sendable, Equatable {
  /// The second of the first event.
  let startedAt: Timestamp
  /// The end of the second of the last event.
  let endedAt: Timestamp
  let events: Int
  let executions: Int
  /// Executions that ended with an error.
  let errors: Int

  /// The moment of the lesson at `moment`: that one while it goes on, else some time after its end, for events are received after they
  /// occurred.
  func until(_ moment: Timestamp, gapMinutes: Int) -> Timestamp {
    let pause = moment.seconds(since: endedAt)
    return pause <= Double(gapMinutes * 60)
      ? moment : Timestamp(microseconds: endedAt.microseconds + Self.delay)
  }

  private static let delay: Int64 = 60_000_000
}

/// The lessons of a course up to a moment, the newest first.
struct LessonList: Sendable {
  let course: String
  let takenAt: Timestamp
  /// The length of the pause that ends a lesson.
  let gapMinutes: Int
  let lessons: [Lesson]

  struct Key: Hashable, Sendable {
    let course: String
    /// Nil for now.
    let moment: Timestamp?
  }

  static let maximumLessons = 50
  /// Fewer events than this are somebody's homework, not a lesson, unless they are the newest.
  private static let minimumEvents = 10
  /// So many of the newest counts are read, a second and a worker each: some twenty hours of lessons.
  private static let maximumCounts = 150_000

  /// From the counts a second that are kept as events are stored (sql/0200). Where there are more counts than are read,
  /// the oldest lesson may be cut off, and is left out.
  private static let statement = """
    with read as (
      select at, events, executions, errors
      from course_activity where course_id = $1 and at <= $2::timestamptz
      order by at desc limit \(maximumCounts)
    ),
    marked as (
      select *, coalesce(at - lag(at) over (order by at) > make_interval(mins => $3), true) as begins
      from read
    ),
    numbered as (select *, count(*) filter (where begins) over (order by at) as number from marked)
    select \(RowReader.microseconds("min(at)")), \(RowReader.microseconds("max(at)")),
      sum(events), sum(executions), sum(errors)
    from numbered
    group by number
    having number > 1 or (select count(*) from read) < \(maximumCounts)
    order by number desc
    limit 500
    """

  static func read(
    _ course: String, at moment: Timestamp, gapMinutes: Int,
    on connection: isolated PostgresConnection
  ) throws(PostgresError) -> LessonList {
    let result = try connection.query(
      statement, [.text(course), .text(moment.postgresText), .integer(Int64(gapMinutes))])
    var lessons: [Lesson] = []
    for (place, row) in result.rows.enumerated() where lessons.count < maximumLessons {
      let reader = RowReader(row)
      let last = try reader.moment(1)
      let lesson = Lesson(
        startedAt: try reader.moment(0),
        endedAt: min(Timestamp(microseconds: last.microseconds + 1_000_000), moment),
        events: try reader.integer(2), executions: try reader.integer(3),
        errors: try reader.integer(4))
      if place == 0 || lesson.events >= minimumEvents { lessons.append(lesson) }
    }
    return LessonList(course: course, takenAt: moment, gapMinutes: gapMinutes, lessons: lessons)
  }
}
