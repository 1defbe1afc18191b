public import Logging
public import PostgresDriver

/// A code that learners can join with now.
struct OpenCode: Sendable, Equatable {
  let code: JoiningCode
  let course: String
  /// RFC 3339, UTC.
  let endsAt: String
  /// Seconds from now, by PostgreSQL's clock.
  let secondsLeft: Int64
}

/// Codes as PostgreSQL has them (`sql/0288_joining_codes.sql`): at most one a course.
public struct JoiningCodeStore: Sendable {
  /// While 10,000 courses have a code, five in a row are taken once in 10^13 times.
  private static let attempts = 5

  /// PostgreSQL 15, appendix A: another course has the code.
  private static let uniqueViolation = "23505"

  private let pool: PostgresPool

  /// Connects to nothing yet.
  public init(_ configuration: PostgresConfiguration, logger: Logger) {
    pool = PostgresPool(
      answering: "joining", configuration, size: 1, logger: logger)
  }

  private static let columns = """
    code, course_id,
    to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ends_at,
    extract(epoch from ends_at - now())::bigint as seconds_left
    """

  /// The course's code; nil while it has none.
  func code(of course: String) async throws(PostgresError) -> OpenCode? {
    try await one(
      "select \(Self.columns) from joining_codes where course_id = $1 and ends_at > now()",
      [.text(course)])
  }

  /// The code that somebody typed; nil when no course has it now.
  func find(_ code: JoiningCode) async throws(PostgresError) -> OpenCode? {
    try await one(
      "select \(Self.columns) from joining_codes where code = $1 and ends_at > now()",
      [.text(code.description)])
  }

  /// Gives the course a new code, in the place of the one that it had.
  func open(
    _ course: String, minutes: Int, newCode: () -> JoiningCode = JoiningCode.random
  ) async throws(PostgresError) -> OpenCode {
    // Their codes are free for others.
    _ = try await pool.query("delete from joining_codes where ends_at <= now()")
    for _ in 0..<Self.attempts {
      do throws(PostgresError) {
        let opened = try await one(
          """
          insert into joining_codes (course_id, code, ends_at)
          values ($1, $2, now() + $3::bigint * interval '1 minute')
          on conflict (course_id) do update set code = excluded.code, ends_at = excluded.ends_at
          returning \(Self.columns)
          """, [.text(course), .text(newCode().description), .integer(Int64(minutes))])
        if let opened { return opened }
      } catch {
        guard error.sqlState == Self.uniqueViolation else { throw error }
      }
    }
    throw PostgresError(.invalidResult, "no free joining code was found")
  }

  /// - Returns: whether there was one.
  func end(_ course: String) async throws(PostgresError) -> Bool {
    try await one(
      "delete from joining_codes where course_id = $1 and ends_at > now() returning \(Self.columns)",
      [.text(course)]) != nil
  }

  private func one(
    _ statement: String, _ parameters: [PostgresValue]
  ) async throws(PostgresError) -> OpenCode? {
    guard let row = try await pool.query(statement, parameters).rows.first else { return nil }
    let text: String = try row.value("code")
    guard let code = JoiningCode(text) else {
      throw PostgresError(.invalidResult, "joining_codes has a code that is none")
    }
    return OpenCode(
      code: code, course: try row.value("course_id"), endsAt: try row.value("ends_at"),
      secondsLeft: try row.value("seconds_left"))
  }
}
