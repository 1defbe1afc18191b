/// What a class was at an earlier moment, from its events alone. `$1` is the course.
///
/// The sums are those that are kept as events are stored (sql/0284, sql/0280), over the events that had arrived by then.
/// Who was ever in the course is in `enrollments`, so that events are found by their learner's index.
enum PlaybackStatements {
  /// The notebook events of the course that had arrived by `moment`, a parameter of the statement.
  private static func arrived(by moment: String) -> String {
    """
    select event.*, coalesce(event.corrected_at, event.occurred_at) as at
    from enrollments as enrolled
      join progress_events as event
        on event.student_id = enrolled.student_id and event.course_id = enrolled.course_id
    where enrolled.course_id = $1 and event.received_at <= \(moment)::timestamptz
    """
  }

  private static let checks = """
    select checked.*, coalesce(checked.corrected_at, checked.occurred_at) as at
    from enrollments as enrolled
      join exercise_checks as checked
        on checked.student_id = enrolled.student_id and checked.course_id = enrolled.course_id
    where enrolled.course_id = $1 and checked.received_at <= $2::timestamptz
    """

  /// The learners in the columns of `ClassroomStatements.learners`, each with the columns of `RunningCell.statement`;
  /// then the notebooks, a row without a learner each: the path in place of the name. `$2` is the moment.
  ///
  /// Who was only checked came with the first check (sql/0280).
  static let learners = """
    with work as materialized (
      select student_id, notebook_path,
        case when event_type = 'cell_executed' then cell_key(cell_id, cell_index) end as cell,
        event_type, team, count(*) as events, count(*) filter (where has_error) as errors,
        min(received_at) as first_received_at, min(at) as first_at, max(at) as last_at,
        max(at) filter (where has_error is not true) as last_success_at,
        max(array[unix_microseconds(corrected_at), clock_skew_seconds(occurred_at, corrected_at)])
          filter (where corrected_at is not null) as last_corrected
      from (\(arrived(by: "$2"))) as event
      group by 1, 2, 3, 4, 5
    ),
    learner as (
      select student_id, min(first_received_at) as first_received_at, min(first_at) as first_seen_at,
        max(last_at) as last_seen_at, max(last_executed) as last_executed_at,
        max(last_success_at) filter (where event_type = 'cell_executed') as last_success_at,
        coalesce(sum(events) filter (where event_type = 'cell_executed'), 0) as executions,
        coalesce(sum(errors) filter (where event_type = 'cell_executed'), 0) as errors,
        max(notebook_path) filter (where event_type = 'cell_executed' and last_at = last_executed)
          as notebook_path,
        max(cell) filter (where event_type = 'cell_executed' and last_at = last_executed) as cell,
        max(team) filter (where last_at = team_moment) as team,
        max(last_corrected[2]) filter (
          where last_at = last_seen and last_corrected[1] = unix_microseconds(last_at)) as clock_skew,
        max(last_at) filter (where event_type = 'notebook_closed') as closed_at,
        max(last_at) filter (where event_type = 'help_stop') as help_stopped_at
      from (
        select *,
          max(last_at) filter (where event_type = 'cell_executed') over learner as last_executed,
          max(last_at) filter (where team is not null) over learner as team_moment,
          max(last_at) over learner as last_seen
        from work
        window learner as (partition by student_id)
      ) as work
      group by student_id
    ),
    checked as materialized (
      select student_id, notebook_path, received_at, at,
        min(received_at) over (partition by student_id) as first_received_at,
        min(received_at) over (partition by notebook_path) as first_of_notebook
      from (\(checks)) as checked
    ),
    newcomer as (
      select student_id, first_received_at, min(at) as first_at, max(at) as last_at
      from checked where received_at = first_received_at
      group by student_id, first_received_at
    ),
    heard as (
      select coalesce(learner.student_id, newcomer.student_id) as id, learner.*,
        least(first_seen_at, case when is_first then first_at end) as first_at,
        greatest(last_seen_at, case when is_first then newcomer.last_at end) as last_at
      from learner full join newcomer on newcomer.student_id = learner.student_id
        cross join lateral (
          select (newcomer.first_received_at >= learner.first_received_at) is not true as is_first
        ) as order_of_arrival
    )
    select heard.id, named.student_name, heard.team,
      \(RowReader.microseconds("heard.first_at")), \(RowReader.microseconds("heard.last_at")),
      \(RowReader.microseconds("heard.last_executed_at")),
      \(RowReader.microseconds("heard.last_success_at")),
      coalesce(heard.executions, 0), coalesce(heard.errors, 0), heard.notebook_path, heard.cell,
      \(RowReader.microseconds("asked.at")), \(RowReader.microseconds("heard.help_stopped_at")),
      (heard.closed_at = heard.last_at) is true, heard.clock_skew,
      heard.id, running.notebook_path, running.cell, running.cell_index,
      \(RowReader.microseconds("running.at")), running.session_id
    from heard
    left join students as named on named.student_id = heard.id
    left join lateral (
      select min(coalesce(help.corrected_at, help.occurred_at)) as at
      from progress_events as help
      where help.course_id = $1 and help.student_id = heard.id and help.event_type = 'help'
        and help.received_at <= $2::timestamptz
        and coalesce(help.corrected_at, help.occurred_at)
          > coalesce(heard.help_stopped_at, '-infinity')
    ) as asked on true
    left join lateral (
      select started.notebook_path, cell_key(started.cell_id, started.cell_index) as cell,
        started.cell_index, coalesce(started.corrected_at, started.occurred_at) as at,
        started.session_id
      from progress_events as started
      where started.course_id = $1 and started.student_id = heard.id
        and started.event_type = 'cell_started' and started.received_at <= $2::timestamptz
      order by coalesce(started.corrected_at, started.occurred_at) desc
      limit 1
    ) as running on (heard.closed_at = heard.last_at) is not true
      and running.at > coalesce(heard.last_executed_at, '-infinity')
      and not exists (
        select from progress_events as died
        where died.course_id = $1 and died.student_id = heard.id
          and died.event_type = 'kernel_died' and died.received_at <= $2::timestamptz
          and coalesce(died.corrected_at, died.occurred_at) >= running.at
          and (died.session_id = running.session_id) is not false)
    union all
    select null, notebook_path, null, \(RowReader.microseconds("min(first_at)")), null, null, null, null,
      null, null, null, null, null, null, null, null, null, null, null, null, null
    from (
      select notebook_path, first_at from work
      union all
      select notebook_path, at from checked where received_at = first_of_notebook
    ) as notebook
    group by notebook_path
    order by 1
    """
  /// The place of the columns of `RunningCell.statement`.
  static let runningOffset = 15

  /// Each learner's work on each cell, of the runs that `condition` leaves.
  ///
  /// Of runs of one cell in one microsecond the later is told as `is_later_run` does (sql/0002).
  private static func work(arrivedBy moment: String, where condition: String) -> String {
    """
    select student_id, cell, first_at, last_success_at, latest[3] as milliseconds,
      latest[4]::integer as cell_index, failed.in_a_row, failed.error_name
    from (
      select student_id, cell_key(cell_id, cell_index) as cell, min(at) as first_at,
        max(at) filter (where has_error is not true) as last_success_at,
        max(array[
          date_part('epoch', at), coalesce(execution_count, -1), coalesce(duration_ms, -1),
          coalesce(cell_index, -1)]) as latest,
        array_agg(at) filter (where has_error) as failed_at,
        array_agg(error_name) filter (where has_error) as error_names
      from (\(arrived(by: moment))) as event
      where event_type = 'cell_executed' and cell_key(cell_id, cell_index) is not null
        and \(condition)
      group by 1, 2
    ) as run
    cross join lateral (
      select count(*) filter (where at > coalesce(last_success_at, '-infinity')) as in_a_row,
        (array_agg(error_name order by at desc, error_name desc nulls last))[1] as error_name
      from unnest(failed_at, error_names) as failure(at, error_name)
    ) as failed
    """
  }

  /// The rows of `WorkStatements.all`. `$2` is the moment, `$3` the notebook.
  static let work = """
    select cell, student_id,
      case when last_success_at is null then 'e' when in_a_row > 0 then 'x' else 's' end,
      in_a_row, nullif(cell_index, -1), nullif(milliseconds, -1), error_name,
      \(RowReader.microseconds("first_at"))
    from (\(work(arrivedBy: "$2", where: "notebook_path = $3"))) as work
    order by cell
    """

  /// The rows of `WorkStatements.places`, with its parameters. `$5` is the moment.
  static let places = """
    select place.number, work.in_a_row, nullif(work.cell_index, -1), work.error_name
    from unnest($2::text[], $3::text[], $4::text[]) with ordinality
        as place(student_id, notebook_path, cell, number)
      cross join lateral (
        \(work(
          arrivedBy: "$5",
          where: """
            student_id = place.student_id and notebook_path = place.notebook_path
              and cell_key(cell_id, cell_index) = place.cell
            """))
      ) as work
    """

  /// The rows of `ExerciseWork.statement`. `$2` is the moment, `$3` the notebook.
  static let exercises = """
    select student_id, exercise_id,
      (array_agg(label order by place desc) filter (where label is not null))[1],
      (array_agg(cell_key(cell_id, cell_index) order by place desc))[1],
      (array_agg(cell_index order by place desc))[1],
      count(*), count(*) - coalesce(max(last_passed), 0),
      \(RowReader.microseconds("min(at) filter (where place > coalesce(last_passed, 0))")),
      min(place) filter (where passed),
      \(RowReader.microseconds("min(at)")), \(RowReader.microseconds("max(at)")),
      (array_agg(points order by place desc))[1],
      (array_agg(points_possible order by place desc))[1]
    from (
      select *, max(place) filter (where passed) over (partition by student_id, exercise_id)
        as last_passed
      from (
        select checked.*,
          row_number() over (partition by student_id, exercise_id order by at, event_id) as place
        from (\(checks)) as checked
        where notebook_path = $3
      ) as placed
    ) as judged
    group by student_id, exercise_id
    order by student_id, exercise_id
    """

  /// The rows of `WrongAnswer.statement`, of the checks that had arrived by `$3`.
  static let wrongAnswers = WrongAnswer.statement(
    where: "received_at <= $3::timestamptz")

  /// Activity in the spans of `$4`, from `$2` and before `$3`, of the events that had arrived by `$5`.
  static let activity = """
    select \(RowReader.microseconds("date_bin($4::interval, occurred_at, $2::timestamptz)")) as start,
      count(*) as events, count(*) filter (where event_type = 'cell_executed') as executions,
      count(*) filter (where event_type = 'cell_executed' and has_error) as errors,
      count(*) filter (where event_type = 'help') as help
    from (\(arrived(by: "$5"))) as event
    where occurred_at >= $2::timestamptz and occurred_at < $3::timestamptz
    group by 1
    """
}
