-- Stores batches of notebook events.
--
-- A batch lies in a temporary table, arrived_events. A worker fills it with COPY in PostgreSQL's binary
-- form and calls store_arrived_events; store_notebook_events fills it from a JSON array. Both then do
-- the same. Beside COPY, the parsing of JSON would be a third of the work.
--
-- An event counts once however often it comes: events that are known leave the batch before anything is
-- counted. Nothing goes back in time, whatever order events come in, and of two equally new values the
-- greater counts, so that the order of arrival does not matter.
--
-- Concurrent batches cannot deadlock: each touches the tables in the same order, and the rows of a
-- table in the order of their keys. Rows that all batches share (courses, notebooks, names) are written
-- only when they change, so batches do not queue for them.
--
-- Planner settings: a batch meets each table by its primary key. A plan made while the tables were
-- still empty must not stick to scanning them.

-- What is known, or what arrived, whichever is newer; of two equally new values the greater.
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

-- Whether a run of a cell is later than the one that is known, in the order of arrived_events.place.
create function is_later_run(
  known_at timestamptz, known_count integer, known_ms double precision, known_index integer,
  at timestamptz, count integer, ms double precision, index integer
) returns boolean
language sql immutable parallel safe
as $$
  select (at, coalesce(count, -1), coalesce(ms, -1), coalesce(index, -1))
    > (known_at, coalesce(known_count, -1), coalesce(known_ms, -1), coalesce(known_index, -1))
$$;

-- What tells a learner's cells apart: the cell's id or, without one, its index.
create function cell_key(cell_id text, cell_index integer) returns text
language sql immutable parallel safe
as $$
  select coalesce(nullif(cell_id, ''), cell_index::text) collate "C"
$$;

-- Makes the session's temporary tables, once. Called before a COPY.
create function prepare_arrived_events() returns void
language plpgsql
as $$
begin
  if to_regclass('pg_temp.arrived_events') is not null then
    return;
  end if;
  create temporary table arrived_events (
    -- Numbers the batch by learner, course, time, execution_count, duration_ms and cell_index, absent
    -- values first: of one learner's events the last is the newest.
    place integer not null,
    event_id uuid,
    occurred_at timestamptz,
    received_at timestamptz,
    duration_ms double precision,
    cell_index integer,
    execution_count integer,
    has_error boolean,
    event_type text collate "C",
    course_id text collate "C",
    student_id text collate "C",
    notebook_path text collate "C",
    student_name text,
    team text,
    session_id text,
    cell_id text collate "C",
    cell_type text,
    error_name text,
    error_message text,
    code text,
    result text,
    attributes jsonb
  ) on commit delete rows;
  -- The batch summed up: a few rows a learner, from which all else is derived. Only cell_executed has
  -- a cell here.
  create temporary table arrived_work (
    student_id text collate "C" not null,
    course_id text collate "C" not null,
    notebook_path text collate "C" not null,
    cell text collate "C",
    event_type text collate "C" not null,
    student_name text,
    team text,
    events integer not null,
    errors integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    first_success_at timestamptz,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_place integer not null,
    total_duration_ms double precision not null
  ) on commit delete rows;
end
$$;

-- Stores a batch given as one JSON array, and returns how many of its events were new.
create function store_notebook_events(events json) returns bigint
language plpgsql
set jit = off
as $$
begin
  perform prepare_arrived_events();
  insert into arrived_events (
    place, event_id, event_type, occurred_at, received_at, course_id, student_id, student_name, team,
    session_id, notebook_path, cell_id, cell_index, cell_type, execution_count, has_error,
    error_name, error_message, duration_ms, code, result, attributes)
  select
    row_number() over (
      order by student_id, course_id, occurred_at, execution_count nulls first,
        duration_ms nulls first, cell_index nulls first, event_id),
    event_id, event_type, occurred_at, received_at, course_id, student_id, student_name, team,
    session_id, notebook_path, cell_id, cell_index, cell_type, execution_count, has_error,
    error_name, error_message, duration_ms, code, result, attributes
  from (
    select distinct on (event_id) *
    from json_to_recordset(events) as event(
      event_id uuid, event_type text collate "C", occurred_at timestamptz, received_at timestamptz,
      course_id text collate "C", student_id text collate "C", student_name text, team text,
      session_id text, notebook_path text collate "C", cell_id text collate "C", cell_index integer,
      cell_type text, execution_count integer, has_error boolean, error_name text,
      error_message text, duration_ms double precision, code text, result text, attributes jsonb)
    order by event_id
  ) as event
  order by 1;
  return store_arrived_events();
end
$$;

-- Stores what lies in arrived_events, each event once, and returns how many of them were new.
create function store_arrived_events() returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  unsure_cells jsonb;
begin
  -- A unique violation means that another batch has just stored some of these events: the next round
  -- finds them known. Those races are rare, and ON CONFLICT would cost every event.
  for attempt in 1..20 loop
    -- A scalar subquery is a probe of the index for each event, whatever the planner takes the tables
    -- for.
    delete from arrived_events
    where (select true from progress_events as known where known.event_id = arrived_events.event_id);

    begin
      insert into progress_events (
        event_id, event_type, occurred_at, received_at, course_id, student_id, team, session_id,
        notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name,
        error_message, duration_ms, code, result, attributes)
      select
        event_id, event_type, occurred_at, received_at, course_id, student_id, nullif(team, ''),
        session_id, notebook_path, cell_id, cell_index, cell_type, execution_count, has_error,
        error_name, error_message, duration_ms, code, result, attributes
      from arrived_events;
      get diagnostics stored_count = row_count;
      exit;
    exception when unique_violation then
      stored_count := null;
    end;
  end loop;
  if stored_count is null then
    raise serialization_failure using message = 'other batches keep storing some of these events';
  end if;

  -- A batch before this one in the same transaction.
  delete from arrived_work;
  insert into arrived_work (
    student_id, course_id, notebook_path, cell, event_type, student_name, team, events, errors,
    first_at, last_at, first_success_at, last_success_at, last_error_at, last_place,
    total_duration_ms)
  select
    student_id, course_id, notebook_path,
    case when event_type = 'cell_executed' then cell_key(cell_id, cell_index) end,
    event_type, nullif(student_name, ''), nullif(team, ''),
    count(*), count(*) filter (where has_error), min(occurred_at), max(occurred_at),
    min(occurred_at) filter (where has_error is not true),
    max(occurred_at) filter (where has_error is not true),
    max(occurred_at) filter (where has_error), max(place), coalesce(sum(duration_ms), 0)
  from arrived_events
  group by 1, 2, 3, 4, 5, 6, 7;

  perform store_activity();
  perform store_enrollments();
  unsure_cells := store_cell_progress();

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
          and cell_key(event.cell_id, event.cell_index) = known.cell)
    from jsonb_to_recordset(unsure_cells) as unsure(
      student_id text, course_id text, notebook_path text, cell text)
    where known.student_id = unsure.student_id and known.course_id = unsure.course_id
      and known.notebook_path = unsure.notebook_path and known.cell = unsure.cell;
  end if;

  if exists (select from arrived_work where event_type in ('help', 'help_stop')) then
    perform store_help();
  end if;
  perform store_names();
  perform store_notebooks();
  return stored_count;
end
$$;

create function store_enrollments() returns void
language plpgsql
set jit = off
as $$
begin
  with learner_work as (
    select *,
      max(last_at) filter (where event_type = 'cell_executed') over learner as last_executed_at,
      max(last_at) filter (where team is not null) over learner as team_at
    from arrived_work
    window learner as (partition by course_id, student_id)
  )
  insert into enrollments as known (
    course_id, student_id, first_seen_at, last_seen_at, named_at, team, team_at, executions, errors,
    last_executed_at, last_success_at, current_notebook_path, current_cell)
  select
    course_id, student_id, min(first_at), max(last_at),
    max(last_at) filter (where student_name is not null),
    max(team) filter (where last_at = team_at), max(team_at),
    coalesce(sum(events) filter (where event_type = 'cell_executed'), 0),
    coalesce(sum(errors) filter (where event_type = 'cell_executed'), 0),
    max(last_executed_at), max(last_success_at) filter (where event_type = 'cell_executed'),
    max(notebook_path) filter (where event_type = 'cell_executed' and last_at = last_executed_at),
    max(cell) filter (where event_type = 'cell_executed' and last_at = last_executed_at)
  from learner_work
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
    last_success_at = greatest(known.last_success_at, excluded.last_success_at);
end
$$;

-- Returns the keys of the rows whose consecutive_errors have to be counted from the events, or null.
--
-- Planner setting: a plan made for a small batch must not join a large one row by row.
create function store_cell_progress() returns jsonb
language plpgsql
set enable_nestloop = off
set jit = off
as $$
declare
  unsure_cells jsonb;
begin
  with work as materialized (
    select
      student_id, course_id, notebook_path, cell, sum(events) as executions, sum(errors) as errors,
      min(first_at) as first_executed_at, max(last_at) as last_executed_at,
      min(first_success_at) as first_success_at, max(last_success_at) as last_success_at,
      max(last_error_at) as last_error_at, max(last_place) as last_place,
      sum(total_duration_ms) as total_duration_ms
    from arrived_work
    where event_type = 'cell_executed' and cell is not null
    group by student_id, course_id, notebook_path, cell
  ),
  failing as (
    select
      student_id, course_id, notebook_path, cell,
      count(*) filter (where last_success_at is null or occurred_at > last_success_at)
        as consecutive_errors,
      max(error_name) filter (where occurred_at = last_error_at) as last_error_name,
      max(error_message) filter (where occurred_at = last_error_at) as last_error_message
    from (
      select
        student_id, course_id, notebook_path, cell_key(cell_id, cell_index) as cell, occurred_at,
        error_name, error_message
      from arrived_events
      where has_error and event_type = 'cell_executed'
    ) as failure
    join work using (student_id, course_id, notebook_path, cell)
    group by student_id, course_id, notebook_path, cell
  ),
  stored as (
    insert into cell_progress as known (
      course_id, notebook_path, cell, student_id, cell_index, executions, errors,
      consecutive_errors, first_executed_at, last_executed_at, first_success_at, last_success_at,
      last_error_at, last_error_name, last_error_message, last_execution_count, last_duration_ms,
      total_duration_ms)
    select
      work.course_id, work.notebook_path, work.cell, work.student_id, latest.cell_index,
      executions, errors, coalesce(consecutive_errors, 0), first_executed_at, last_executed_at,
      first_success_at, last_success_at, last_error_at, last_error_name, last_error_message,
      latest.execution_count, latest.duration_ms, total_duration_ms
    from work
      join arrived_events as latest on latest.place = work.last_place
      left join failing
        on failing.student_id = work.student_id and failing.course_id = work.course_id
        and failing.notebook_path = work.notebook_path and failing.cell = work.cell
    order by work.student_id, work.course_id, work.notebook_path, work.cell
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
  return unsure_cells;
end
$$;

-- When the requests for help that stand began, from the events themselves: they are few.
create function store_help() returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
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
      select distinct course_id, student_id from arrived_work
      where event_type in ('help', 'help_stop')
    ) as change,
    lateral (
      select max(event.occurred_at) as at
      from progress_events as event
      where event.course_id = change.course_id and event.student_id = change.student_id
        and event.event_type = 'help_stop'
    ) as stopped
  where known.course_id = change.course_id and known.student_id = change.student_id;
end
$$;

-- Comes after the enrollments, and looks the names up anew: a batch that had a learner's enrollment
-- before may have changed the name. Of two names in one and the same microsecond either may stay.
create function store_names() returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
  insert into students as known (student_id, student_name, named_at)
  select distinct on (student_id)
    student_id, student_name, case when student_name is null then '-infinity' else last_at end
  from (
    select student_id, student_name, max(last_at) as last_at
    from arrived_work group by student_id, student_name
  ) as arrived
  where (
    select arrived.student_name is null or named.student_name = arrived.student_name
    from students as named where named.student_id = arrived.student_id
  ) is not true
  order by student_id, student_name is null, last_at desc, student_name desc
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

create function store_notebooks() returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
  insert into courses as known (course_id, first_seen_at)
  select course_id, first_seen_at
  from (
    select course_id, min(first_at) as first_seen_at from arrived_work group by course_id
  ) as arrived
  where (
    select known.first_seen_at <= arrived.first_seen_at
    from courses as known where known.course_id = arrived.course_id
  ) is not true
  order by course_id
  on conflict (course_id) do update set first_seen_at = excluded.first_seen_at
  where excluded.first_seen_at < known.first_seen_at;

  insert into notebooks as known (course_id, notebook_path, first_seen_at)
  select course_id, notebook_path, first_seen_at
  from (
    select course_id, notebook_path, min(first_at) as first_seen_at
    from arrived_work group by course_id, notebook_path
  ) as arrived
  where (
    select known.first_seen_at <= arrived.first_seen_at
    from notebooks as known
    where known.course_id = arrived.course_id and known.notebook_path = arrived.notebook_path
  ) is not true
  order by course_id, notebook_path
  on conflict (course_id, notebook_path) do update set first_seen_at = excluded.first_seen_at
  where excluded.first_seen_at < known.first_seen_at;
end
$$;
