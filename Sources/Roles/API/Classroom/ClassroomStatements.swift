/// What the classroom is read with. `$1` is the course.
enum ClassroomStatements {
  static let notebooks = """
    select notebook_path, \(RowReader.microseconds("first_seen_at"))
    from notebooks where course_id = $1
    """

  /// By identifier. A notebook is closed when that is the last that was heard of the learner: one look into
  /// an index each, where `exists` could make the planner read every closing there ever was.
  static let learners = """
    select e.student_id, s.student_name, e.team,
      \(RowReader.microseconds("e.first_seen_at")), \(RowReader.microseconds("e.last_seen_at")),
      \(RowReader.microseconds("e.last_executed_at")),
      \(RowReader.microseconds("e.last_success_at")),
      e.executions, e.errors, e.current_notebook_path, e.current_cell,
      \(RowReader.microseconds("e.help_asked_at")), \(RowReader.microseconds("e.help_stopped_at")),
      (
        select true from progress_events closing
        where closing.course_id = e.course_id and closing.student_id = e.student_id
          and closing.occurred_at = e.last_seen_at and closing.event_type = 'notebook_closed'
        limit 1
      ) is true
    from enrollments e left join students s on s.student_id = e.student_id
    where e.course_id = $1
    order by e.student_id
    """
}
