import Events
import PostgresDriver

/// A cell that has been running for longer than a second, as far as is known.
struct RunningCell: Sendable {
  private(set) var learner: String
  private(set) var notebook: String
  let cell: String?
  let cellIndex: Int?
  let since: Timestamp
  /// The kernel session that it runs in.
  private(set) var session: String?

  mutating func hideName(as pseudonym: String, _ redaction: NameRedaction) {
    learner = pseudonym
    notebook = redaction.redacted(notebook)
    session = nil
  }

  /// `$1` is the course. A run is over when a later one has ended, when its kernel died, and when closing the
  /// notebook is the last that was heard. A death that names no session may be of any. Only learners of whom
  /// something was heard since their last run ended are looked at: each costs two probes of a small index.
  static let statement = """
    select e.student_id, latest.notebook_path, latest.cell, latest.cell_index,
      \(RowReader.microseconds("latest.at")), latest.session_id
    from enrollments as e cross join lateral (
      select notebook_path, cell_key(cell_id, cell_index) as cell, cell_index, session_id,
        coalesce(corrected_at, occurred_at) as at
      from progress_events as event
      where event.course_id = e.course_id and event.student_id = e.student_id
        and event_type = 'cell_started'
      order by coalesce(corrected_at, occurred_at) desc
      limit 1
    ) as latest
    where e.course_id = $1
      and (e.closed_at = e.last_seen_at) is not true
      and e.last_seen_at > coalesce(e.last_executed_at, '-infinity')
      and latest.at > coalesce(e.last_executed_at, '-infinity')
      and not exists (
        select from progress_events as died
        where died.course_id = e.course_id and died.student_id = e.student_id
          and died.event_type = 'kernel_died'
          and coalesce(died.corrected_at, died.occurred_at) >= latest.at
          and (died.session_id = latest.session_id) is not false)
    """

  /// - Parameter offset: the place of the first column.
  init(_ row: RowReader, offset: Int = 0) throws(PostgresError) {
    learner = try row.text(offset)
    notebook = try row.text(offset + 1)
    cell = row.optionalText(offset + 2)
    cellIndex = try row.optionalInteger(offset + 3)
    since = try row.moment(offset + 4)
    session = row.optionalText(offset + 5)
  }
}
