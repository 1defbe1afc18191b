import Foundation

/// One question in the words of two databases: each row is a day, its sessions, problems, problems
/// solved alone, hints, points and seconds.
enum StatisticsQuery {
  static func bigQuery(history: String, sessions: String) -> String {
    """
    WITH history AS (
      SELECT DATE(attempted_at) AS day, COUNT(*) AS problems,
        COUNTIF(solved_independently) AS solved_alone, SUM(hints_used) AS hints,
        SUM(points_earned) AS points, SUM(time_spent_seconds) AS seconds
      FROM `\(history)`
      WHERE user_id = @history_user AND attempted_at >= @from AND attempted_at < @until
      GROUP BY day
    ), sessions AS (
      SELECT DATE(start_time) AS day, COUNT(*) AS sessions
      FROM `\(sessions)`
      WHERE user_id = @session_user AND start_time >= @from AND start_time < @until
      GROUP BY day
    )
    SELECT CAST(COALESCE(history.day, sessions.day) AS STRING), IFNULL(sessions, 0),
      IFNULL(problems, 0), IFNULL(solved_alone, 0), IFNULL(hints, 0), IFNULL(points, 0),
      IFNULL(seconds, 0)
    FROM history FULL JOIN sessions ON history.day = sessions.day
    """
  }

  static let postgreSQL = """
    with history as (
      select (attempted_at at time zone 'UTC')::date as day, count(*) as problems,
        count(*) filter (where solved_independently) as solved_alone, sum(hints_used) as hints,
        sum(points_earned) as points, sum(time_spent_seconds) as seconds
      from learning_history
      where user_id = $1 and attempted_at >= $2::timestamptz and attempted_at < $3::timestamptz
      group by day
    ), sessions as (
      select (start_time at time zone 'UTC')::date as day, count(*) as sessions
      from dialogue_sessions
      where user_id = $1 and start_time >= $2::timestamptz and start_time < $3::timestamptz
      group by day
    )
    select coalesce(history.day, sessions.day)::text as day, coalesce(sessions, 0) as sessions,
      coalesce(problems, 0) as problems, coalesce(solved_alone, 0) as solved_alone,
      coalesce(hints, 0) as hints, coalesce(points, 0) as points, coalesce(seconds, 0) as seconds
    from history full join sessions on history.day = sessions.day
    """

  static let columns = [
    "day", "sessions", "problems", "solved_alone", "hints", "points", "seconds",
  ]

  /// Reads a row.
  ///
  /// - Throws: `MirrorError.unreachable` when it is of another shape.
  static func day(_ row: [String?]) throws -> StatisticsReport.Day {
    let numbers = row.dropFirst().compactMap { $0.flatMap { Int($0) } }
    guard let day = row.first ?? nil, numbers.count == columns.count - 1 else {
      throw MirrorError.unreachable("the statistics came in an unknown form")
    }
    return StatisticsReport.Day(
      day: day,
      figures: .init(
        sessions: numbers[0], problems: numbers[1], solvedAlone: numbers[2], hints: numbers[3],
        points: numbers[4], timeSpentSeconds: numbers[5]))
  }
}

/// Whole days in UTC, the last of which is today.
struct StatisticsPeriod: Sendable, Equatable {
  static let longest = 366

  /// `YYYY-MM-DD`, oldest first.
  let days: [String]
  /// The first moment, and the first one after, as timestamps.
  let from: String
  let until: String

  /// - Parameter days: from 1 to `longest`.
  init(days count: Int, endingAt now: Date) {
    precondition((1...Self.longest).contains(count), "a period has 1 to 366 days")
    let today = Int64((now.timeIntervalSince1970 / 86_400).rounded(.down))
    days = (0..<count).map { Self.name(of: today - Int64(count - 1 - $0)) }
    from = Self.name(of: today - Int64(count - 1)) + "T00:00:00Z"
    until = Self.name(of: today + 1) + "T00:00:00Z"
  }

  private static func name(of day: Int64) -> String {
    Date(timeIntervalSince1970: Double(day) * 86_400)
      .formatted(.iso8601.year().month().day())
  }
}
