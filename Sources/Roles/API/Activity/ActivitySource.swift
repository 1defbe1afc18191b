import Events
import PostgresDriver

/// Tells activity over time, such as a time series database.
public protocol ActivitySource: Sendable {
  /// All buckets of the window, oldest first, the empty ones included.
  ///
  /// - Throws: anything, soon, when it cannot tell; PostgreSQL is asked instead.
  func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket]
}

/// Counts activity in PostgreSQL, where no time series database answers.
struct PostgresActivitySource: ActivitySource {
  let database: ReadDatabase

  /// From the counts a second that are kept as events are stored (sql/0200).
  private static let statement = """
    select \(RowReader.microseconds("date_bin($4::interval, at, $2::timestamptz)")) as start,
      sum(events) as events, sum(executions) as executions, sum(errors) as errors, sum(help) as help
    from course_activity
    where course_id = $1 and at >= $2::timestamptz and at < $3::timestamptz
    group by 1
    """

  func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket] {
    let result = try await database.pool.query(Self.statement, Self.parameters(course, window))
    return try Self.buckets(result, of: window)
  }

  /// `$1` to `$4` of a statement that counts.
  static func parameters(_ course: String, _ window: ActivityWindow) -> [PostgresValue] {
    [
      .text(course), .text(window.start.description), .text(window.end.description),
      .text("\(window.bucketSeconds) seconds"),
    ]
  }

  static func buckets(
    _ result: PostgresResult, of window: ActivityWindow
  ) throws(PostgresError) -> [ActivityBucket] {
    var buckets = window.buckets
    for row in result.rows {
      guard let place = window.place(of: try row.value("start")) else { continue }
      buckets[place].events = try row.value("events")
      buckets[place].executions = try row.value("executions")
      buckets[place].errors = try row.value("errors")
      buckets[place].help = try row.value("help")
    }
    return buckets
  }

  /// Whether anything is stored of the course.
  func knows(course: String) async throws(PostgresError) -> Bool {
    try await database.pool.query(
      "select from courses where course_id = $1", [.text(course)]
    ).rowCount > 0
  }
}
