internal import JSONText
public import Logging
public import PostgresDriver

/// How long a course's events are kept.
public struct CourseRetention: Sendable, Equatable {
  /// What may be set, in days.
  public static let range = 1...36_500

  /// As events name it, in Unicode's normal form C.
  public let course: String
  public let days: Int
  /// RFC 3339, in UTC.
  public let setAt: String
}

/// The retention of courses in PostgreSQL (`sql/0292_course_retention.sql`).
public struct CourseRetentionStore: Sendable {
  private let pool: PostgresPool

  /// Connects to nothing yet.
  ///
  /// - Parameter statementTimeout: a worker's statements delete, and take longer than a page's.
  public init(
    _ configuration: PostgresConfiguration, statementTimeout: Duration = .seconds(5), logger: Logger
  ) {
    pool = PostgresPool(
      answering: "retention", configuration, size: 1, statementTimeout: statementTimeout,
      logger: logger)
  }

  public func close() async { await pool.close() }

  /// - Returns: nil where all is kept.
  public func retention(of course: String) async throws(PostgresError) -> CourseRetention? {
    try await pool.query(Self.selection + " where course_id = $1", [.text(course.composed)])
      .first.map(Self.retention)
  }

  /// Of every course that has one, in the order of their names.
  public func all() async throws(PostgresError) -> [CourseRetention] {
    var found: [CourseRetention] = []
    for row in try await pool.query(Self.selection + " order by course_id").rows {
      found.append(try Self.retention(row))
    }
    return found
  }

  /// - Precondition: `days` is in `CourseRetention.range`.
  public func set(_ days: Int, for course: String) async throws(PostgresError) {
    _ = try await pool.query(
      """
      insert into course_retention (course_id, days) values ($1, $2)
      on conflict (course_id) do update set days = excluded.days, set_at = now()
      """, [.text(course.composed), .integer(Int64(days))])
  }

  /// - Returns: whether there was one.
  public func remove(from course: String) async throws(PostgresError) -> Bool {
    try await pool.query(
      "delete from course_retention where course_id = $1", [.text(course.composed)]
    ).affectedRows > 0
  }

  /// Deletes some of what is too old.
  ///
  /// - Parameter rows: at most, of each table.
  /// - Returns: how many rows were deleted; 0 when nothing is left that may go.
  public func deleteExpired(
    _ retention: CourseRetention, rows: Int
  ) async throws(PostgresError) -> Int {
    let found = try await pool.query(
      "select delete_expired_course_rows($1, $2, $3) as deleted",
      [.text(retention.course), .integer(Int64(retention.days)), .integer(Int64(rows))])
    return try found.first?.value("deleted") ?? 0
  }

  private static let selection = """
    select course_id, days,
      to_char(set_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as set_at
    from course_retention
    """

  private static func retention(_ row: PostgresRow) throws(PostgresError) -> CourseRetention {
    CourseRetention(
      course: try row.value("course_id"), days: try row.value("days"),
      setAt: try row.value("set_at"))
  }
}
