-- What a batch of notebook events adds to the tables that teachers look at comes as arrays, a column each: rows
-- that the worker summed up while it had the events sorted in its hands, or those that SQL derives from
-- arrived_events (0230). Both end in the functions add_… and count_help. Checks of exercises add rows of their own (0280).
--
-- A worker puts its events into progress_events by COPY, without a temporary table. Through arrived_events go batches
-- with an event that is stored already, with two equally new texts, or as JSON. Of PostgreSQL's time for an event, two
-- thirds were the copy of the copy, the sums, and the emptying of temporary tables at every commit.
--
-- Tables are touched in the order in which store_arrived_events calls the functions, and rows in the order of the
-- arrays, which is that of the keys, byte by byte: concurrent batches do not deadlock, whichever way they take.
--
-- Planner settings: a plan is made once, not for every batch anew; a batch meets each table by its primary key.

-- A batch changes many rows that lie on one page at once: those of a class. There has to be room for all of
-- their new versions, or the rows move, and every index gets an entry more. It was 70.
alter table enrollments set (fillfactor = 45);
alter table cell_progress set (fillfactor = 45);

-- Counts events of a course in a second. Rows are the connection's own (0200).
create function add_activity(
  course_ids text[], seconds timestamptz[], event_counts integer[], execution_counts integer[],
  error_counts integer[], help_counts integer[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
  insert into course_activity as known (course_id, at, writer, events, executions, errors, help)
  select course_id, at, pg_backend_pid(), events, executions, errors, help
  from unnest(
    course_ids, seconds, event_counts, execution_counts, error_counts, help_counts
  ) as arrived(course_id, at, events, executions, errors, help)
  on conflict (course_id, at, writer) do update set
    events = known.events + excluded.events,
    executions = known.executions + excluded.executions,
    errors = known.errors + excluded.errors,
    help = known.help + excluded.help;
end
$$;

create or replace function store_activity() returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
  perform add_activity(
    array_agg(course_id), array_agg(second), array_agg(events), array_agg(executions),
    array_agg(errors), array_agg(help))
  from (
    -- date_trunc would look at the time zone of every event.
    select course_id, date_bin('1 second', occurred_at, 'epoch') as second, count(*)::integer as events,
      (count(*) filter (where event_type = 'cell_executed'))::integer as executions,
      (count(*) filter (where event_type = 'cell_executed' and has_error))::integer as errors,
      (count(*) filter (where event_type = 'help'))::integer as help
    from arrived_events
    group by 1, 2
    order by 1, 2
  ) as activity;
end
$$;

-- What is new of learners in courses: one element for each. last_… and team are those of the newest event.
create function add_enrollments(
  course_ids text[], student_ids text[], first_seen timestamptz[], last_seen timestamptz[],
  clock_skews bigint[], closed timestamptz[], named timestamptz[], teams text[],
  team_moments timestamptz[], execution_counts bigint[], error_counts bigint[],
  last_executed timestamptz[], last_success timestamptz[], current_notebook_paths text[],
  current_cells text[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
  insert into enrollments as known (
    course_id, student_id, first_seen_at, last_seen_at, clock_skew_seconds, closed_at, named_at, team,
    team_at, executions, errors, last_executed_at, last_success_at, current_notebook_path,
    current_cell)
  select * from unnest(
    course_ids, student_ids, first_seen, last_seen, clock_skews, closed, named, teams, team_moments,
    execution_counts, error_counts, last_executed, last_success, current_notebook_paths,
    current_cells)
  on conflict (course_id, student_id) do update set
    first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
    clock_skew_seconds = newer_of(
      known.clock_skew_seconds, known.last_seen_at,
      excluded.clock_skew_seconds, excluded.last_seen_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    closed_at = greatest(known.closed_at, excluded.closed_at),
    named_at = greatest(known.named_at, excluded.named_at),
    team = newer_of(known.team, known.team_at, excluded.team, excluded.team_at),
    team_at = greatest(known.team_at, excluded.team_at),
    executions = known.executions + excluded.executions,
    errors = known.errors + excluded.errors,
    current_notebook_path = newer_of(
      known.current_notebook_path, known.last_executed_at,
      excluded.current_notebook_path, excluded.last_executed_at),
    current_cell = newer_of(
      known.current_cell, known.last_executed_at,
      excluded.current_cell, excluded.last_executed_at),
    last_executed_at = greatest(known.last_executed_at, excluded.last_executed_at),
    last_success_at = greatest(known.last_success_at, excluded.last_success_at);
end
$$;

create or replace function store_enrollments() returns void
language plpgsql
set jit = off
as $$
begin
  perform add_enrollments(
    array_agg(course_id), array_agg(student_id), array_agg(first_seen_at), array_agg(last_seen_at),
    array_agg(clock_skew_seconds), array_agg(closed_at), array_agg(named_at), array_agg(team),
    array_agg(team_at), array_agg(executions), array_agg(errors), array_agg(last_executed_at),
    array_agg(last_success_at), array_agg(current_notebook_path), array_agg(current_cell))
  from (
    select
      course_id, student_id, min(first_at) as first_seen_at, max(last_at) as last_seen_at,
      max(clock_skew_seconds) filter (where last_at = last_seen) as clock_skew_seconds,
      max(last_at) filter (where event_type = 'notebook_closed') as closed_at,
      max(last_at) filter (where student_name is not null) as named_at,
      max(team) filter (where last_at = team_moment) as team, max(team_moment) as team_at,
      (coalesce(sum(events) filter (where event_type = 'cell_executed'), 0))::bigint as executions,
      (coalesce(sum(errors) filter (where event_type = 'cell_executed'), 0))::bigint as errors,
      max(last_executed) as last_executed_at,
      max(last_success_at) filter (where event_type = 'cell_executed') as last_success_at,
      max(notebook_path) filter (where event_type = 'cell_executed' and last_at = last_executed)
        as current_notebook_path,
      max(cell) filter (where event_type = 'cell_executed' and last_at = last_executed)
        as current_cell
    from (
      select *,
        max(last_at) filter (where event_type = 'cell_executed') over learner as last_executed,
        max(last_at) filter (where team is not null) over learner as team_moment,
        max(last_at) over learner as last_seen
      from arrived_work
      window learner as (partition by course_id, student_id)
    ) as learner_work
    group by course_id, student_id
    order by course_id, student_id
  ) as enrollment;
end
$$;

-- What is new of learners' work on cells: one element for each cell of a learner. consecutive_error_counts are
-- those since the last success among the events that came.
--
-- Planner setting: store_cell_progress, which may call it, sets nested loops off for its own sums.
create function add_cell_progress(
  student_ids text[], course_ids text[], notebook_paths text[], cells text[],
  cell_indices integer[], execution_counts integer[], error_counts integer[],
  consecutive_error_counts integer[], first_executed timestamptz[], last_executed timestamptz[],
  first_success timestamptz[], last_success timestamptz[], last_error timestamptz[],
  last_error_names text[], last_error_messages text[], last_execution_counts integer[],
  last_durations double precision[], total_durations double precision[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = on
set jit = off
as $$
declare
  unsure_cells jsonb;
begin
  with stored as (
    insert into cell_progress as known (
      student_id, course_id, notebook_path, cell, cell_index, executions, errors,
      consecutive_errors, first_executed_at, last_executed_at, first_success_at, last_success_at,
      last_error_at, last_error_name, last_error_message, last_execution_count, last_duration_ms,
      total_duration_ms)
    select * from unnest(
      student_ids, course_ids, notebook_paths, cells, cell_indices, execution_counts,
      error_counts, consecutive_error_counts, first_executed, last_executed, first_success,
      last_success, last_error, last_error_names, last_error_messages, last_execution_counts,
      last_durations, total_durations)
    on conflict (student_id, course_id, notebook_path, cell) do update set
      executions = known.executions + excluded.executions,
      errors = known.errors + excluded.errors,
      consecutive_errors = case
        -- All that arrived is older than a success that is known.
        when known.last_success_at >= excluded.last_executed_at then known.consecutive_errors
        -- Errors only, all after the last success.
        when excluded.last_success_at is null
          and excluded.first_executed_at > coalesce(known.last_success_at, '-infinity')
          then known.consecutive_errors + excluded.errors
        -- A success that is newer than anything known.
        when excluded.last_success_at >= known.last_executed_at then excluded.consecutive_errors
        -- Out of order: counted from the events.
      end,
      first_executed_at = least(known.first_executed_at, excluded.first_executed_at),
      first_success_at = least(known.first_success_at, excluded.first_success_at),
      last_success_at = greatest(known.last_success_at, excluded.last_success_at),
      last_error_name = newer_of(
        known.last_error_name, known.last_error_at,
        excluded.last_error_name, excluded.last_error_at),
      last_error_message = newer_of(
        known.last_error_message, known.last_error_at,
        excluded.last_error_message, excluded.last_error_at),
      last_error_at = greatest(known.last_error_at, excluded.last_error_at),
      -- These three come from one run.
      last_execution_count = case
        when is_later_run(
          known.last_executed_at, known.last_execution_count, known.last_duration_ms,
          known.cell_index, excluded.last_executed_at, excluded.last_execution_count,
          excluded.last_duration_ms, excluded.cell_index)
        then excluded.last_execution_count else known.last_execution_count
      end,
      last_duration_ms = case
        when is_later_run(
          known.last_executed_at, known.last_execution_count, known.last_duration_ms,
          known.cell_index, excluded.last_executed_at, excluded.last_execution_count,
          excluded.last_duration_ms, excluded.cell_index)
        then excluded.last_duration_ms else known.last_duration_ms
      end,
      cell_index = case
        when is_later_run(
          known.last_executed_at, known.last_execution_count, known.last_duration_ms,
          known.cell_index, excluded.last_executed_at, excluded.last_execution_count,
          excluded.last_duration_ms, excluded.cell_index)
        then excluded.cell_index else known.cell_index
      end,
      last_executed_at = greatest(known.last_executed_at, excluded.last_executed_at),
      total_duration_ms = known.total_duration_ms + excluded.total_duration_ms
    returning student_id, course_id, notebook_path, cell, consecutive_errors
  )
  select jsonb_agg(stored) into unsure_cells from stored where consecutive_errors is null;

  -- This statement sees what was committed until it began. The rows that it counts for are locked by this
  -- transaction, so nobody else can have counted half of them.
  if unsure_cells is not null then
    update cell_progress as known set consecutive_errors = counted.errors
    from errors_of_unsure_cells(unsure_cells) as counted
    where known.student_id = counted.student_id and known.course_id = counted.course_id
      and known.notebook_path = counted.notebook_path and known.cell = counted.cell;
  end if;
end
$$;

-- Returns null: no cell is left to be counted.
--
-- Planner setting: a plan made for a small batch must not join a large one row by row.
create or replace function store_cell_progress() returns jsonb
language plpgsql
set enable_nestloop = off
set jit = off
as $$
begin
  perform add_cell_progress(
    array_agg(student_id), array_agg(course_id), array_agg(notebook_path), array_agg(cell),
    array_agg(cell_index), array_agg(executions), array_agg(errors),
    array_agg(consecutive_errors), array_agg(first_executed_at), array_agg(last_executed_at),
    array_agg(first_success_at), array_agg(last_success_at), array_agg(last_error_at),
    array_agg(last_error_name), array_agg(last_error_message), array_agg(execution_count),
    array_agg(duration_ms), array_agg(total_duration_ms))
  from (
    with work as materialized (
      select
        student_id, course_id, notebook_path, cell, sum(events)::integer as executions,
        sum(errors)::integer as errors, min(first_at) as first_executed_at,
        max(last_at) as last_executed_at, min(first_success_at) as first_success_at,
        max(last_success_at) as last_success_at, max(last_error_at) as last_error_at,
        max(last_place) as last_place, sum(total_duration_ms) as total_duration_ms
      from arrived_work
      where event_type = 'cell_executed' and cell is not null
      group by student_id, course_id, notebook_path, cell
    ),
    failing as (
      select
        student_id, course_id, notebook_path, cell,
        (count(*) filter (where last_success_at is null or at > last_success_at))::integer
          as consecutive_errors,
        max(error_name) filter (where at = last_error_at) as last_error_name,
        max(error_message) filter (where at = last_error_at) as last_error_message
      from (
        select
          student_id, course_id, notebook_path, cell_key(cell_id, cell_index) as cell,
          coalesce(corrected_at, occurred_at) as at, error_name, error_message
        from arrived_events
        where has_error and event_type = 'cell_executed'
      ) as failure
      join work using (student_id, course_id, notebook_path, cell)
      group by student_id, course_id, notebook_path, cell
    )
    select
      work.*, latest.cell_index, latest.execution_count, latest.duration_ms,
      coalesce(consecutive_errors, 0) as consecutive_errors, last_error_name, last_error_message
    from work
      join arrived_events as latest on latest.place = work.last_place
      left join failing
        on failing.student_id = work.student_id and failing.course_id = work.course_id
        and failing.notebook_path = work.notebook_path and failing.cell = work.cell
    order by work.student_id, work.course_id, work.notebook_path, work.cell
  ) as progress;
  return null;
end
$$;

-- When the requests for help that stand began, from the events themselves: they are few. Each look goes to
-- an end of an index, however often a learner asked.
create function count_help(course_ids text[], student_ids text[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
  update enrollments as known set
    help_stopped_at = stopped.at,
    help_asked_at = least(
      (
        select min(event.occurred_at)
        from progress_events as event
        where event.course_id = known.course_id and event.student_id = known.student_id
          and event.event_type = 'help' and event.corrected_at is null
          and event.occurred_at > coalesce(stopped.at, '-infinity')
      ),
      (
        select min(event.corrected_at)
        from progress_events as event
        where event.course_id = known.course_id and event.student_id = known.student_id
          and event.event_type = 'help'
          and event.corrected_at > coalesce(stopped.at, '-infinity')
      ))
  from
    unnest(course_ids, student_ids) as change(course_id, student_id),
    lateral (
      select greatest(
        (
          select max(event.occurred_at)
          from progress_events as event
          where event.course_id = change.course_id and event.student_id = change.student_id
            and event.event_type = 'help_stop' and event.corrected_at is null
        ),
        (
          select max(event.corrected_at)
          from progress_events as event
          where event.course_id = change.course_id and event.student_id = change.student_id
            and event.event_type = 'help_stop' and event.corrected_at is not null
        )) as at
    ) as stopped
  where known.course_id = change.course_id and known.student_id = change.student_id;
end
$$;

create or replace function store_help() returns void
language plpgsql
set jit = off
as $$
begin
  perform count_help(array_agg(course_id), array_agg(student_id))
  from (
    select distinct course_id, student_id from arrived_work
    where event_type in ('help', 'help_stop')
  ) as change;
end
$$;

-- The newest name of each learner, null where none came. Comes after the enrollments, and looks the names up
-- anew: a batch that had a learner's enrollment before may have changed the name. Of two names in one and the
-- same microsecond either may stay.
create function add_names(student_ids text[], student_names text[], named timestamptz[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
  insert into students as known (student_id, student_name, named_at)
  select student_id, student_name, coalesce(named_at, '-infinity')
  from unnest(student_ids, student_names, named) as arrived(student_id, student_name, named_at)
  where (
    select arrived.student_name is null or known.student_name = arrived.student_name
    from students as known where known.student_id = arrived.student_id
  ) is not true
  on conflict (student_id) do update set
    student_name = excluded.student_name, named_at = excluded.named_at
  where excluded.student_name is not null
    and (excluded.named_at, excluded.student_name)
      > (known.named_at, coalesce(known.student_name, ''))
    -- The known name may have been used again since: its further uses are noted in enrollments only, a
    -- row that changes anyway.
    and not exists (
      select from enrollments
      where enrollments.student_id = excluded.student_id
        and enrollments.named_at > excluded.named_at);
end
$$;

create or replace function store_names() returns void
language plpgsql
set jit = off
as $$
begin
  perform add_names(array_agg(student_id), array_agg(student_name), array_agg(named_at))
  from (
    select distinct on (student_id)
      student_id, student_name, case when student_name is not null then last_at end as named_at
    from (
      select student_id, student_name, max(last_at) as last_at
      from arrived_work group by student_id, student_name
    ) as named
    order by student_id, student_name is null, last_at desc, student_name desc
  ) as arrived;
end
$$;

create function add_courses(course_ids text[], first_seen timestamptz[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
  insert into courses as known (course_id, first_seen_at)
  select course_id, first_seen_at
  from unnest(course_ids, first_seen) as arrived(course_id, first_seen_at)
  where (
    select known.first_seen_at <= arrived.first_seen_at
    from courses as known where known.course_id = arrived.course_id
  ) is not true
  on conflict (course_id) do update set first_seen_at = excluded.first_seen_at
  where excluded.first_seen_at < known.first_seen_at;
end
$$;

create function add_notebooks(course_ids text[], notebook_paths text[], first_seen timestamptz[])
returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
  insert into notebooks as known (course_id, notebook_path, first_seen_at)
  select course_id, notebook_path, first_seen_at
  from unnest(course_ids, notebook_paths, first_seen)
    as arrived(course_id, notebook_path, first_seen_at)
  where (
    select known.first_seen_at <= arrived.first_seen_at
    from notebooks as known
    where known.course_id = arrived.course_id and known.notebook_path = arrived.notebook_path
  ) is not true
  on conflict (course_id, notebook_path) do update set first_seen_at = excluded.first_seen_at
  where excluded.first_seen_at < known.first_seen_at;
end
$$;

create or replace function store_notebooks() returns void
language plpgsql
set jit = off
as $$
begin
  perform add_courses(array_agg(course_id), array_agg(first_seen_at))
  from (
    select course_id, min(first_at) as first_seen_at
    from arrived_work group by course_id order by course_id
  ) as arrived;
  perform add_notebooks(array_agg(course_id), array_agg(notebook_path), array_agg(first_seen_at))
  from (
    select course_id, notebook_path, min(first_at) as first_seen_at
    from arrived_work group by course_id, notebook_path order by course_id, notebook_path
  ) as arrived;
end
$$;
