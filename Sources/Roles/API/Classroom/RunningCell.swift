import Events
import PostgresDriver

/// A cell that has been running for longer than a second, as far as is known.
struct RunningCell: Sendable {
  let learner: String
  let notebook: String
  let cell: String?
  let cellIndex: Int?
  let since: Timestamp

  /// `$1` is the course. A run is over when a later one has ended, when the kernel died, and when closing the
  /// notebook is the last that was heard. Only learners of whom something was heard since their last run ended
  /// are looked at: each costs a probe of a small index.
  static let statement = """
    select e.student_id, latest.notebook_path, latest.cell, latest.cell_index,
      \(RowReader.microseconds("latest.at"))
    from enrollments as e cross join lateral (
      select event_type, notebook_path, cell_key(cell_id, cell_index) as cell, cell_index,
        coalesce(corrected_at, occurred_at) as at
      from progress_events as event
      where event.course_id = e.course_id and event.student_id = e.student_id
        and event_type in ('cell_started', 'kernel_died')
      -- At one moment the death comes last.
      order by coalesce(corrected_at, occurred_at) desc, event_type desc
      limit 1
    ) as latest
    where e.course_id = $1 and latest.event_type = 'cell_started'
      and (e.closed_at = e.last_seen_at) is not true
      and e.last_seen_at > coalesce(e.last_executed_at, '-infinity')
      and latest.at > coalesce(e.last_executed_at, '-infinity')
    """

  init(_ row: RowReader) throws(PostgresError) {
    learner = try row.text(0)
    notebook = try row.text(1)
    cell = row.optionalText(2)
    cellIndex = try row.optionalInteger(3)
    since = try row.moment(4)
  }
}
