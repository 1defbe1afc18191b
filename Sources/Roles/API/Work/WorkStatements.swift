/// What `cell_progress` is read with. `$1` is the course, `$2` the notebook.
enum WorkStatements {
  static let all = """
    select \(WorkRow.columns)
    from cell_progress p
    where p.course_id = $1 and p.notebook_path = $2
    """

  static let ofLearners = """
    select \(WorkRow.columns)
    from cell_progress p
    where p.course_id = $1 and p.notebook_path = $2 and p.student_id = any($3::text[])
    """

  /// The cells that the learners `$3` executed later than `$4`: each learner's number, how often, and
  /// the row as it is now, which is null for a cell of another notebook.
  ///
  /// The limits keep the planner at looking up each learner and each row: it cannot know how few they are.
  static let executedSince = """
    select learner.number, executed.executions, p.*
    from unnest($3::text[], $4::timestamptz[]) with ordinality as learner(id, since, number),
      lateral (
        select event.notebook_path,
          coalesce(nullif(event.cell_id, ''), event.cell_index::text collate "C") as cell,
          count(*) as executions
        from progress_events event
        where event.student_id = learner.id and event.course_id = $1
          and event.occurred_at > learner.since and event.event_type = 'cell_executed'
        group by 1, 2
      ) as executed
      left join lateral (
        select \(WorkRow.columns)
        from cell_progress p
        where p.course_id = $1 and p.notebook_path = $2 and executed.notebook_path = $2
          and p.cell = executed.cell and p.student_id = learner.id
        limit 1
      ) as p on true
    """

  /// Where the learners `$2` are, each in the notebook `$3` on the cell `$4`: for those who work in
  /// another notebook than the class does.
  static let places = """
    select place.number, p.consecutive_errors, p.cell_index, p.last_error_name
    from unnest($2::text[], $3::text[], $4::text[]) with ordinality
        as place(student_id, notebook_path, cell, number),
      lateral (
        select * from cell_progress p
        where p.course_id = $1 and p.notebook_path = place.notebook_path
          and p.cell = place.cell and p.student_id = place.student_id
        limit 1
      ) as p
    """
}
