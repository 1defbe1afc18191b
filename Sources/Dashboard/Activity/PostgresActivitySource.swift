import Events
import PostgresDriver

/// Counts activity from the events themselves, where no time series database answers.
struct PostgresActivitySource: ActivitySource {
  let database: ReadDatabase

  /// Events are found by `received_at`, whose index is tiny. An event is received after it occurred;
  /// the minute is for clocks of senders that run ahead.
  private static let statement = """
    select date_bin($4::interval, occurred_at, $2::timestamptz) as start, count(*) as events,
      count(*) filter (where event_type = 'cell_executed') as executions,
      count(*) filter (where event_type = 'cell_executed' and has_error) as errors,
      count(*) filter (where event_type = 'help') as help
    from progress_events
    where course_id = $1 and received_at >= $2::timestamptz - interval '1 minute'
      and occurred_at >= $2::timestamptz and occurred_at < $3::timestamptz
    group by 1
    """

  func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket] {
    let result = try await database.pool.query(
      Self.statement,
      [
        .text(course), .text(window.start.description), .text(window.end.description),
        .text("\(window.bucketSeconds) seconds"),
      ])
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
