-- What is known, or what arrived, whichever is newer; of two equally new values the greater, so that
-- the order of arrival does not matter.
create function newer_of(
  known anyelement, known_at timestamptz, arrived anyelement, arrived_at timestamptz
) returns anyelement
language sql immutable parallel safe
as $$
  select case
    when known_at is null or arrived_at > known_at then arrived
    when arrived_at = known_at then greatest(known, arrived)
    else known
  end
$$;

-- Stores a batch of notebook events, given as one JSON array, and returns how many of them were new.
--
-- An event counts once however often it comes: everything that is counted is derived from the rows that
-- the insert into progress_events really made. Nothing goes back in time, whatever order events come in.
--
-- Concurrent batches cannot deadlock: each touches the tables in the same order, and the rows of a
-- table in the order of their keys. Rows that all batches share (courses, notebooks, names) are written
-- only when they change, so batches do not queue for them.
--
-- Planner settings: a batch meets each table by its primary key. A plan made while the tables were
-- still empty must not stick to scanning them.
create function store_notebook_events(events json) returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  enrolled_count bigint;
  unsure_cells jsonb;
  student_ids text[];
  student_names text[];
  event_times timestamptz[];
  new_notebooks jsonb;
  help_changes jsonb;
begin
  with batch as materialized (
    select distinct on (event_id)
      event_id, event_type, occurred_at, received_at, course_id, student_id,
      nullif(student_name, '') as student_name, nullif(team, '') as team, session_id,
      notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name,
      error_message, duration_ms, code, result, attributes,
      coalesce(nullif(cell_id, ''), cell_index::text collate "C") as cell,
      event_type = 'cell_executed' as is_execution
    from json_to_recordset(events) as event(
      event_id uuid, event_type text collate "C", occurred_at timestamptz, received_at timestamptz,
      course_id text collate "C", student_id text collate "C", student_name text, team text,
      session_id text, notebook_path text collate "C", cell_id text collate "C", cell_index integer,
      cell_type text, execution_count integer, has_error boolean, error_name text,
      error_message text, duration_ms double precision, code text, result text, attributes jsonb)
    order by event_id
  ),
  inserted as (
    insert into progress_events (
      event_id, event_type, occurred_at, received_at, course_id, student_id, team, session_id,
      notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name,
      error_message, duration_ms, code, result, attributes)
    select
      event_id, event_type, occurred_at, received_at, course_id, student_id, team, session_id,
      notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name,
      error_message, duration_ms, code, result, attributes
    from batch
    order by event_id
    on conflict (event_id) do nothing
    returning event_id
  ),
  stored as materialized (
    select batch.*, coalesce(batch.has_error, false) as failed
    from batch join inserted using (event_id)
  ),
  -- Beside each row, the times of the newest rows of its learner.
  learner_events as (
    select *,
      max(occurred_at) filter (where student_name is not null) over learner as named_at,
      max(occurred_at) filter (where team is not null) over learner as team_at,
      max(occurred_at) filter (where is_execution) over learner as last_executed_at
    from stored
    window learner as (partition by course_id, student_id)
  ),
  enrolled as (
    insert into enrollments as known (
      course_id, student_id, first_seen_at, last_seen_at, named_at, team, team_at, executions,
      errors, last_executed_at, last_success_at, current_notebook_path, current_cell)
    select
      course_id, student_id, min(occurred_at), max(occurred_at), max(named_at),
      max(team) filter (where occurred_at = team_at), max(team_at),
      count(*) filter (where is_execution), count(*) filter (where is_execution and failed),
      max(last_executed_at), max(occurred_at) filter (where is_execution and not failed),
      max(notebook_path) filter (where is_execution and occurred_at = last_executed_at),
      max(cell) filter (where is_execution and occurred_at = last_executed_at)
    from learner_events
    group by course_id, student_id
    order by course_id, student_id
    on conflict (course_id, student_id) do update set
      first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
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
      last_success_at = greatest(known.last_success_at, excluded.last_success_at)
    returning 1
  ),
  -- Beside each execution, the times of the newest ones of its learner and cell.
  cell_executions as (
    select *,
      max(occurred_at) over learner_and_cell as last_executed_at,
      max(occurred_at) filter (where not failed) over learner_and_cell as last_success_at,
      max(occurred_at) filter (where failed) over learner_and_cell as last_error_at
    from stored
    where is_execution and cell is not null
    window learner_and_cell as (partition by course_id, notebook_path, cell, student_id)
  ),
  progressed as (
    insert into cell_progress as known (
      course_id, notebook_path, cell, student_id, cell_index, executions, errors,
      consecutive_errors, first_executed_at, last_executed_at, first_success_at, last_success_at,
      last_error_at, last_error_name, last_error_message, last_execution_count, last_duration_ms,
      total_duration_ms)
    select
      course_id, notebook_path, cell, student_id,
      max(cell_index) filter (where occurred_at = last_executed_at),
      count(*), count(*) filter (where failed),
      count(*) filter (where failed and (last_success_at is null or occurred_at > last_success_at)),
      min(occurred_at), max(last_executed_at),
      min(occurred_at) filter (where not failed), max(last_success_at), max(last_error_at),
      max(error_name) filter (where failed and occurred_at = last_error_at),
      max(error_message) filter (where failed and occurred_at = last_error_at),
      max(execution_count) filter (where occurred_at = last_executed_at),
      max(duration_ms) filter (where occurred_at = last_executed_at),
      coalesce(sum(duration_ms), 0)
    from cell_executions
    group by course_id, notebook_path, cell, student_id
    order by course_id, notebook_path, cell, student_id
    on conflict (course_id, notebook_path, cell, student_id) do update set
      cell_index = newer_of(
        known.cell_index, known.last_executed_at, excluded.cell_index, excluded.last_executed_at),
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
        -- Out of order: counted from the events below.
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
      last_execution_count = newer_of(
        known.last_execution_count, known.last_executed_at,
        excluded.last_execution_count, excluded.last_executed_at),
      last_duration_ms = newer_of(
        known.last_duration_ms, known.last_executed_at,
        excluded.last_duration_ms, excluded.last_executed_at),
      last_executed_at = greatest(known.last_executed_at, excluded.last_executed_at),
      total_duration_ms = known.total_duration_ms + excluded.total_duration_ms
    returning course_id, notebook_path, cell, student_id, consecutive_errors
  )
  -- Each of these is read to its end, in this order.
  select
    (select count(*) from stored),
    (select count(*) from enrolled),
    (select jsonb_agg(progressed) from progressed where consecutive_errors is null),
    (select array_agg(student_id) from stored),
    (select array_agg(student_name) from stored),
    (select array_agg(occurred_at) from stored),
    (
      select jsonb_agg(arrived)
      from (
        select course_id, notebook_path, min(occurred_at) as first_seen_at
        from stored group by course_id, notebook_path
      ) as arrived
      where (
        select known.first_seen_at <= arrived.first_seen_at
        from notebooks as known
        where known.course_id = arrived.course_id and known.notebook_path = arrived.notebook_path
      ) is not true
    ),
    (
      select jsonb_agg(jsonb_build_object('course_id', course_id, 'student_id', student_id))
      from stored where event_type in ('help', 'help_stop')
    )
  into stored_count, enrolled_count, unsure_cells, student_ids, student_names,
    event_times, new_notebooks, help_changes;

  -- Each statement below sees what was committed until it began. The rows that it counts for are locked
  -- by this transaction, so nobody else can have counted half of them.

  if unsure_cells is not null then
    update cell_progress as known set
      consecutive_errors = (
        select count(*)
        from progress_events as event
        where event.student_id = known.student_id and event.course_id = known.course_id
          and event.occurred_at > coalesce(known.last_success_at, '-infinity')
          and event.event_type = 'cell_executed' and event.has_error
          and event.notebook_path = known.notebook_path
          and coalesce(nullif(event.cell_id, ''), event.cell_index::text collate "C") = known.cell)
    from jsonb_to_recordset(unsure_cells) as unsure(
      course_id text, notebook_path text, cell text, student_id text)
    where known.course_id = unsure.course_id and known.notebook_path = unsure.notebook_path
      and known.cell = unsure.cell and known.student_id = unsure.student_id;
  end if;

  if help_changes is not null then
    update enrollments as known set
      help_stopped_at = stopped.at,
      help_asked_at = (
        select min(event.occurred_at)
        from progress_events as event
        where event.course_id = known.course_id and event.student_id = known.student_id
          and event.event_type = 'help'
          and event.occurred_at > coalesce(stopped.at, '-infinity'))
    from
      (
        select distinct course_id, student_id
        from jsonb_to_recordset(help_changes) as change(
          course_id text collate "C", student_id text collate "C")
      ) as change,
      lateral (
        select max(event.occurred_at) as at
        from progress_events as event
        where event.course_id = change.course_id and event.student_id = change.student_id
          and event.event_type = 'help_stop'
      ) as stopped
    where known.course_id = change.course_id and known.student_id = change.student_id;
  end if;

  -- Names come last, and are looked up anew: a batch that had this learner's enrollment before may have
  -- changed the name.
  insert into students as known (student_id, student_name, named_at)
  select distinct on (arrived.student_id)
    arrived.student_id, arrived.student_name,
    case when arrived.student_name is null then '-infinity' else arrived.occurred_at end
  from unnest(student_ids, student_names, event_times)
    as arrived(student_id, student_name, occurred_at)
  where (
    select arrived.student_name is null or named.student_name = arrived.student_name
    from students as named where named.student_id = arrived.student_id
  ) is not true
  order by
    arrived.student_id, arrived.student_name is null, arrived.occurred_at desc,
    arrived.student_name desc
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

  if new_notebooks is not null then
    insert into courses as known (course_id, first_seen_at)
    select course_id, min(first_seen_at)
    from jsonb_to_recordset(new_notebooks) as arrived(
      course_id text collate "C", first_seen_at timestamptz)
    group by course_id
    order by course_id
    on conflict (course_id) do update set first_seen_at = excluded.first_seen_at
    where excluded.first_seen_at < known.first_seen_at;

    insert into notebooks as known (course_id, notebook_path, first_seen_at)
    select course_id, notebook_path, min(first_seen_at)
    from jsonb_to_recordset(new_notebooks) as arrived(
      course_id text collate "C", notebook_path text collate "C", first_seen_at timestamptz)
    group by course_id, notebook_path
    order by course_id, notebook_path
    on conflict (course_id, notebook_path) do update set first_seen_at = excluded.first_seen_at
    where excluded.first_seen_at < known.first_seen_at;
  end if;

  return stored_count;
end
$$;
