/// What the classroom is read with. `$1` is the course, `$2` the notebook.
enum ClassroomStatements {
  /// The first is the one that the class works on.
  static let notebooks = """
    select n.notebook_path as path, n.first_seen_at as first_seen,
      count(e.student_id) as learners
    from notebooks n
    left join enrollments e
      on e.course_id = n.course_id and e.current_notebook_path = n.notebook_path
    where n.course_id = $1
    group by n.notebook_path, n.first_seen_at
    order by
      count(*) filter (where e.last_seen_at > now() - interval '15 minutes') desc,
      max(e.last_executed_at) desc nulls last, n.first_seen_at desc, n.notebook_path
    """

  static let learners = """
    select e.student_id as id, s.student_name as name, e.team,
      e.first_seen_at as first_seen, e.last_seen_at as last_seen,
      e.last_executed_at as executed_at, e.last_success_at as success_at,
      e.executions, e.errors, e.current_notebook_path as notebook, e.current_cell as cell,
      p.cell_index, p.consecutive_errors as streak,
      case when p.consecutive_errors > 0 then p.last_error_name end as error_name,
      e.help_asked_at as help_since, e.help_stopped_at as help_stopped
    from enrollments e
    left join students s on s.student_id = e.student_id
    left join cell_progress p
      on p.course_id = e.course_id and p.notebook_path = e.current_notebook_path
      and p.cell = e.current_cell and p.student_id = e.student_id
    where e.course_id = $1
    order by e.student_id
    """

  /// One row a cell, with a letter and the learner's place for everyone who ran it: 1,000 learners and
  /// 40 cells make 40 rows to read rather than 40,000.
  static let cells = """
    with learner as (
      select student_id, row_number() over (order by student_id) - 1 as place
      from enrollments where course_id = $1
    )
    select p.cell, round(avg(p.cell_index::double precision)) as cell_index,
      min(p.first_executed_at) as first_run,
      string_agg(
        case
          when p.first_success_at is null then 'e'
          when p.consecutive_errors > 0 then 'x'
          else 's'
        end || learner.place, '') as runs
    from cell_progress p join learner using (student_id)
    where p.course_id = $1 and p.notebook_path = $2
    group by p.cell
    """

  /// Those of the learners in `$2` whose last event is that they closed their notebook.
  static let closed = """
    select learner.id
    from unnest($2::text[]) as learner(id),
      lateral (
        select event_type from progress_events
        where student_id = learner.id and course_id = $1
        order by occurred_at desc limit 1
      ) as latest
    where latest.event_type = 'notebook_closed'
    """

  static let durations = """
    select cell,
      percentile_cont(0.5) within group (order by last_duration_ms) as median,
      percentile_cont(0.9) within group (order by last_duration_ms) as p90
    from cell_progress
    where course_id = $1 and notebook_path = $2
    group by cell
    """

  static let commonErrors = """
    select distinct on (cell) cell, last_error_name as name, count(*) as learners
    from cell_progress
    where course_id = $1 and notebook_path = $2 and last_error_name is not null
    group by cell, last_error_name
    order by cell, count(*) desc, last_error_name
    """
}
