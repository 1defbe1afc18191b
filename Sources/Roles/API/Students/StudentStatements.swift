/// What a learner's own answer is read with. `$1` is the learner, `$2` the course or null.
enum StudentStatements {
  static let name = "select student_name as name from students where student_id = $1"

  static let courses = """
    select e.course_id as course, e.team, e.executions, e.errors,
      e.current_notebook_path as notebook, e.current_cell as cell,
      e.help_asked_at as help_since, e.first_seen_at as first_seen, e.last_seen_at as last_seen,
      p.reached, p.solved
    from enrollments e,
      lateral (
        select count(*) as reached, count(first_success_at) as solved
        from cell_progress
        where student_id = e.student_id and course_id = e.course_id
      ) as p
    where e.student_id = $1 and ($2::text is null or e.course_id = $2)
    order by e.course_id
    """

  /// The newest events before `$3`, `$4`. Each course is read from the end of its index.
  static let events = """
    select event.*
    from enrollments e,
      lateral (
        select event_id as id, event_type as type, occurred_at as at, course_id as course,
          notebook_path as notebook, session_id as session, cell_id as cell, cell_index,
          cell_type, execution_count as execution, has_error as failed, error_name,
          error_message, duration_ms as duration
        from progress_events
        where student_id = e.student_id and course_id = e.course_id
          and occurred_at <= $3::timestamptz
          and (occurred_at, event_id) < ($3::timestamptz, $4::uuid)
        order by occurred_at desc, event_id desc
        limit $5
      ) as event
    where e.student_id = $1 and ($2::text is null or e.course_id = $2)
    order by at desc, id desc
    limit $5
    """
}
