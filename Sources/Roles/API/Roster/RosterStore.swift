import Events
import Foundation
import JSONText
public import Logging
public import PostgresDriver

/// A roster as PostgreSQL has it.
public struct StoredRoster: Sendable, Equatable {
  /// By id, byte by byte.
  public let learners: [RosterLearner]
  /// RFC 3339, in UTC; nil where the course has none.
  public let listedAt: String?
  /// When the lesson began that goes on now, as `listedAt`; nil where none does.
  public let lessonBeganAt: String?
}

/// Rosters of courses in PostgreSQL (`sql/0291_rosters.sql`).
public struct RosterStore: Sendable {
  private let pool: PostgresPool
  private let lessonGapMinutes: Int

  /// Connects to nothing yet.
  ///
  /// - Parameter lessonGapMinutes: a pause without an event that ends a lesson.
  public init(_ configuration: PostgresConfiguration, lessonGapMinutes: Int, logger: Logger) {
    pool = PostgresPool(
      answering: "rosters", configuration, size: 2, logger: logger)
    self.lessonGapMinutes = lessonGapMinutes
  }

  public func close() async { await pool.close() }

  /// Puts the learners in the place of the course's roster. One learner's id is there once.
  ///
  /// - Returns: how many they are.
  public func replace(_ learners: [RosterLearner], of course: String) async throws -> Int {
    let list = String(decoding: try JSONEncoder().encode(learners), as: UTF8.self)
    return try await pool.query(
      "select store_roster($1, $2::jsonb) as learners",
      [.text(course.composed), .json(JSONDocument(list))]
    ).first?.value("learners") ?? 0
  }

  /// - Parameter hidesNames: whether pseudonyms stand in place of ids, and no names.
  public func roster(of course: String, hidesNames: Bool = false) async throws -> StoredRoster {
    let course = course.composed
    let gap = lessonGapMinutes
    return try await pool.transaction { connection throws(PostgresError) in
      let rows = try connection.query(
        """
        select student_id, student_name, team, \(Self.text(of: "listed_at")) as listed_at
        from roster_learners where course_id = $1 order by student_id
        """, [.text(course)]
      ).rows
      var learners: [RosterLearner] = []
      for row in rows {
        learners.append(
          RosterLearner(
            id: try row.value("student_id"), name: try row.optional("student_name"),
            team: try row.optional("team")))
      }
      guard let first = rows.first else {
        return StoredRoster(learners: [], listedAt: nil, lessonBeganAt: nil)
      }
      if hidesNames {
        let pseudonyms = try Pseudonyms.read(on: connection)
        learners = learners.map { RosterLearner(id: pseudonyms.pseudonym(of: $0.id, in: course)) }
          .sorted { $0.id < $1.id }
      }
      let now = Timestamp.now()
      let lessons = try LessonList.read(course, at: now, gapMinutes: gap, on: connection).lessons
      let lesson = lessons.first { now.seconds(since: $0.endedAt) <= Double(gap * 60) }
      return StoredRoster(
        learners: learners, listedAt: try first.value("listed_at"),
        lessonBeganAt: lesson?.startedAt.description)
    }
  }

  /// - Returns: how many learners it had.
  public func delete(of course: String) async throws(PostgresError) -> Int {
    let course = PostgresValue.text(course.composed)
    return try await pool.transaction { connection throws(PostgresError) in
      // Behind a list that is being put in its place (store_roster).
      try connection.query(
        "select pg_advisory_xact_lock(hashtextextended('progressbus.rosters ' || $1, 0))", [course])
      return try connection.query("delete from roster_learners where course_id = $1", [course])
        .affectedRows
    }
  }

  private static func text(of column: String) -> String {
    "to_char(\(column) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
  }
}
