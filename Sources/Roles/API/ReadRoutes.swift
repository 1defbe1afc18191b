public import Access
public import Events
import Foundation
public import HTTPServer
public import Hummingbird
import JSONText
public import Logging

/// The read API, and its OpenAPI file.
public struct ReadRoutes: Sendable {
  private let classroom: ClassroomRoutes
  private let courses: SingleFlightCache<CourseList.Key, CourseList>
  private let activities: SingleFlightCache<ActivityReader.Key, Activity>
  private let playback: Playback
  private let lessons: LessonRoutes
  private let students: StudentReader
  private let now: @Sendable () -> Timestamp
  private let description: StaticFiles

  /// - Parameters:
  ///   - database: stays open; whoever made it closes it.
  ///   - playbackDatabase: the same for earlier moments, which take longer; nil for `database`.
  ///   - descriptionFile: the path of `openapi.yaml`.
  ///   - position: the newest place of the journal up to which everything is stored in PostgreSQL, as a
  ///     `stream_id`. Nil when it cannot be told; it must not wait for long.
  ///   - activity: asked before PostgreSQL.
  ///   - lessonGapMinutes: a pause without an event that ends a lesson.
  ///   - now: the moment by which waiting times and states are told.
  /// - Throws: `ResourceError` when the OpenAPI file cannot be read.
  public init(
    database: ReadDatabase, playbackDatabase: ReadDatabase? = nil,
    descriptionFile: String = ReadRoutes.descriptionFile,
    position: @escaping @Sendable () async -> String?, activity: (any ActivitySource)? = nil,
    rules: LearnerStateRules = .standard, alertRules: ClassAlertRules = .standard,
    lessonGapMinutes: Int = 30, caching: ReadCaching = .standard,
    now: @escaping @Sendable () -> Timestamp = { .now() }, logger: Logger
  ) throws(ResourceError) {
    let positions = SingleFlightCache<Int, String?>(caching.position) { _ in await position() }
    let cachedPosition: @Sendable () async -> String? = {
      // The load above throws nothing.
      (try? await positions.value(for: 0)) ?? nil
    }
    self.now = now
    description = try StaticFiles(file: descriptionFile)
    playback = Playback(
      reader: PlaybackReader(
        database: playbackDatabase ?? database, rules: rules, alertRules: alertRules),
      ages: caching.playback)
    classroom = ClassroomRoutes(
      reader: ClassroomReader(
        database: database, rules: rules, alertRules: alertRules,
        records: NotebookRecordCache(capacity: caching.recordedRows), position: cachedPosition,
        now: now
      ),
      database: database, playback: playback, ages: caching)
    lessons = LessonRoutes(
      database: playbackDatabase ?? database, gapMinutes: lessonGapMinutes,
      ages: caching.lessons, now: now, snapshot: classroom.snapshot)
    courses = SingleFlightCache(caching.courses) { key in
      let position = await cachedPosition()
      return try await CourseList.read(key, from: database, position: position, at: now())
    }
    let reader = ActivityReader(
      preferred: activity, fallback: PostgresActivitySource(database: database),
      position: cachedPosition, now: now, logger: logger)
    activities = SingleFlightCache(caching.activity) { try await reader.activity($0) }
    students = StudentReader(database: database, position: cachedPosition, now: now)
  }

  /// `openapi.yaml` as this target ships it.
  public static var descriptionFile: String {
    ResourceFolder.locate(target: "API", holding: "openapi.yaml", module: .module)
      + "/openapi.yaml"
  }

  /// The routes of the read API. The router lets no caller through to another course than theirs; those without
  /// a course in their path look at the caller themselves.
  public func add<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/courses") { request, context in
      try await APIAnswer.json(request, context) { parameters in
        try await courseList(parameters, of: context.caller.courses)
      }
    }
    router.get("/api/v1/courses/:course/progress") { request, context in
      try await APIAnswer.json(request, context, classroom.progress)
    }
    router.get("/api/v1/courses/:course/students") { request, context in
      try await APIAnswer.json(request, context, classroom.students)
    }
    router.get("/api/v1/courses/:course/exercises") { request, context in
      try await APIAnswer.json(request, context, classroom.exercises)
    }
    router.get("/api/v1/courses/:course/help") { request, context in
      try await APIAnswer.json(request, context, classroom.help)
    }
    router.get("/api/v1/courses/:course/activity") { request, context in
      try await APIAnswer.json(request, context, activity)
    }
    router.get("/api/v1/courses/:course/lessons") { request, context in
      try await APIAnswer.json(request, context, lessons.lessons)
    }
    router.get("/api/v1/courses/:course/comparison") { request, context in
      try await APIAnswer.json(request, context, lessons.comparison)
    }
    router.get("/api/v1/students/:student") { request, context in
      try await APIAnswer.json(request, context) { parameters in
        try await students.answer(
          StudentRequest(parameters, courses: context.caller.courses))
      }
    }
  }

  /// The OpenAPI file.
  public func addDescription<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/openapi.yaml") { request, context in
      try await description.response("openapi.yaml", to: request, context)
    }
  }

  private func courseList(
    _ parameters: RequestParameters, of readable: ReadableCourses
  ) async throws -> JSONWriter {
    let limit = try parameters.limit()
    let after = try parameters.cursor(parts: 1)?.first ?? ""
    return try await courses.value(for: .init(after: after, count: limit + 1, readable: readable))
      .answer(limit: limit)
  }

  private func activity(_ parameters: RequestParameters) async throws -> JSONWriter {
    let course = try parameters.identifier(inPath: "course")
    let minutes = try parameters.integer("minutes", in: 1...1440, default: 60)
    let bucket = try parameters.text("bucket", maximumLength: 6).map { text throws(Problem) in
      guard let seconds = BucketLength.seconds(text) else {
        throw .badRequest("bucket must be a length such as 30s, 5m or 1h, at most 24h")
      }
      return seconds
    }
    let now = now()
    let moment = try PlaybackMoment.read(parameters, now: now)
    guard
      let window = ActivityWindow(
        minutes: minutes, bucketSeconds: bucket, endingAt: moment ?? now)
    else {
      throw Problem.badRequest(
        "bucket is too short: \(minutes) minutes would make more than "
          + "\(ActivityWindow.maximumBuckets) buckets")
    }
    let key = ActivityReader.Key(course: course, window: window)
    if let moment {
      return try await playback.activities.value(for: .init(activity: key, moment: moment)).answer()
    }
    return try await activities.value(for: key).answer()
  }
}
