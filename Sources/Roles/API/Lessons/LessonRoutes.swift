import Events
import HTTPServer
import JSONText
import PostgresDriver

/// The lessons of a course, and one beside the one before.
struct LessonRoutes: Sendable {
  private let lists: SingleFlightCache<LessonList.Key, LessonList>
  private let comparisons: SingleFlightCache<ComparisonKey, LessonComparison>
  private let now: @Sendable () -> Timestamp

  private struct ComparisonKey: Hashable, Sendable {
    let classroom: ClassroomKey
    /// Nil for now.
    let moment: Timestamp?
  }

  /// - Parameters:
  ///   - database: of earlier moments.
  ///   - snapshot: of a class, at a moment or, for nil, now.
  init(
    database: ReadDatabase, gapMinutes: Int, ages: CacheAges,
    now: @escaping @Sendable () -> Timestamp,
    snapshot: @escaping @Sendable (ClassroomKey, Timestamp?) async throws -> ClassSnapshot
  ) {
    self.now = now
    lists = SingleFlightCache(ages) { key in
      let moment = key.moment ?? now()
      let list = try await database.pool.transaction { connection throws(PostgresError) in
        try LessonList.read(key.course, at: moment, gapMinutes: gapMinutes, on: connection)
      }
      guard list.lessons.isEmpty else { return list }
      // An unknown course, and one of which nothing but checks is stored.
      _ = try await snapshot(ClassroomKey(course: key.course, notebook: nil), key.moment)
      return list
    }
    let lists = lists
    comparisons = SingleFlightCache(ages) { key in
      let course = key.classroom.course.text
      let list = try await lists.value(for: .init(course: course, moment: key.moment))
      return try await Self.compare(list, key, in: database, snapshot)
    }
  }

  func lessons(_ parameters: RequestParameters) async throws -> JSONWriter {
    let key = LessonList.Key(
      course: try parameters.identifier(inPath: "course"),
      moment: try PlaybackMoment.read(parameters, now: now()))
    let list = try await lists.value(for: key)
    var json = JSONWriter(capacity: 256 + list.lessons.count * 200)
    json.object { json in
      json.member("course_id", list.course)
      json.member("generated_at", list.takenAt)
      json.member("gap_minutes", list.gapMinutes)
      json.array("lessons", list.lessons) { json, lesson in
        json.object { json in
          json.member("started_at", lesson.startedAt)
          json.member("ended_at", lesson.endedAt)
          json.member("events", lesson.events)
          json.member("executions", lesson.executions)
          json.member("errors", lesson.errors)
        }
      }
    }
    return json
  }

  func comparison(_ parameters: RequestParameters) async throws -> JSONWriter {
    let key = ComparisonKey(
      classroom: ClassroomKey(
        course: try parameters.identifier(inPath: "course"),
        notebook: try parameters.text("notebook", maximumLength: 1024)),
      moment: try PlaybackMoment.read(parameters, now: now()))
    return try await comparisons.value(for: key).answer()
  }

  private static func compare(
    _ list: LessonList, _ key: ComparisonKey, in database: ReadDatabase,
    _ snapshot: @Sendable (ClassroomKey, Timestamp?) async throws -> ClassSnapshot
  ) async throws -> LessonComparison {
    let now = try await snapshot(key.classroom, key.moment)
    let course = list.course
    guard let lesson = list.lessons.first else {
      return LessonComparison(
        course: course, notebook: now.notebook, takenAt: list.takenAt, current: nil, previous: nil,
        cells: now.cells)
    }
    let until = lesson.until(list.takenAt, gapMinutes: list.gapMinutes)
    let before = list.lessons.dropFirst().first
    let untilBefore = before.map { before in
      Timestamp(
        microseconds: before.startedAt.microseconds + until.microseconds
          - lesson.startedAt.microseconds)
    }
    let notebook = now.notebook
    let (current, previous) = try await database.pool.transaction {
      connection throws(PostgresError) in
      let current = try LessonFigures.read(
        course, notebook: notebook, from: lesson.startedAt, until: until, on: connection)
      guard let before, let untilBefore else { return (current, nil as LessonFigures?) }
      return (
        current,
        try LessonFigures.read(
          course, notebook: notebook, from: before.startedAt, until: untilBefore, on: connection)
      )
    }
    var previousSide: LessonComparison.Side?
    if let previous {
      let whole = ClassroomKey(course: course, notebook: nil)
      previousSide = .init(previous, try await snapshot(whole, previous.until))
    }
    return LessonComparison(
      course: course, notebook: notebook, takenAt: list.takenAt, current: .init(current, now),
      previous: previousSide, cells: now.cells)
  }
}
