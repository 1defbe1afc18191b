/// The tables in the form of `ClassroomModel`.
extension Store {
  private static func seconds(_ column: String) -> String {
    "extract(epoch from \(column) - '2026-11-21 10:00:00+00')::integer as \(column)"
  }

  func students() async throws -> [String] {
    try await rows("select student_id, student_name from students").sorted()
  }

  func notebooks() async throws -> [String] {
    try await rows(
      "select course_id, notebook_path, \(Self.seconds("first_seen_at")) from notebooks"
    ).sorted()
  }

  /// The rows of all connections added up.
  func activity() async throws -> [String] {
    try await rows(
      """
      select course_id, extract(epoch from at - '2026-11-21 10:00:00+00')::integer as second,
        sum(events) as events, sum(executions) as executions, sum(errors) as errors,
        sum(help) as help
      from course_activity group by 1, 2
      """
    ).sorted()
  }

  func enrollments() async throws -> [String] {
    try await rows(
      """
      select course_id, student_id, \(Self.seconds("first_seen_at")),
        \(Self.seconds("last_seen_at")), \(Self.seconds("named_at")), team, executions, errors,
        \(Self.seconds("last_executed_at")), \(Self.seconds("last_success_at")),
        current_notebook_path, current_cell, \(Self.seconds("help_asked_at")),
        \(Self.seconds("help_stopped_at")), \(Self.seconds("closed_at")), clock_skew_seconds
      from enrollments
      """
    ).sorted()
  }

  func cells() async throws -> [String] {
    try await rows(
      """
      select course_id, notebook_path, cell, student_id, executions, errors, consecutive_errors,
        \(Self.seconds("first_executed_at")), \(Self.seconds("last_executed_at")),
        \(Self.seconds("first_success_at")), \(Self.seconds("last_success_at")),
        \(Self.seconds("last_error_at")), last_error_name, last_error_message,
        last_execution_count, last_duration_ms::integer, cell_index,
        total_duration_ms::bigint as total
      from cell_progress
      """
    ).sorted()
  }

  /// Every event as it is stored, in the order of their ids.
  func events() async throws -> [String] {
    try await rows(
      "select to_jsonb(e)::text as event from progress_events as e order by event_id")
  }
}
