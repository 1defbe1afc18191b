-- Clocks of learners' machines that are wrong.
--
-- The ingest holds a sender's clock against its own (SenderClock). Where it is wrong, an event carries
-- corrected_at: when it happened by the server's clock. What teachers look at goes by that moment,
-- coalesce(corrected_at, occurred_at), called "at" here; occurred_at stays what the sender said.
-- Functions are as they were (0002, 0210) but for this.

-- Null in nearly every row, where it costs nothing: occurred_at is right.
alter table progress_events add column corrected_at timestamptz;

-- Finds what progress_events_timeline (0001) finds by the wrong moment.
create index progress_events_corrected on progress_events (student_id, corrected_at, course_id)
  where corrected_at is not null;

-- How far the learner's clock was ahead when something was heard last, in whole seconds; negative when it
-- was behind, null when it was right.
alter table enrollments add column clock_skew_seconds bigint;
-- The newest closing of a notebook. It is the last that was heard of the learner when it equals last_seen_at.
alter table enrollments add column closed_at timestamptz;

update enrollments set closed_at = last_seen_at
where exists (
  select from progress_events as closing
  where closing.course_id = enrollments.course_id and closing.student_id = enrollments.student_id
    and closing.occurred_at = enrollments.last_seen_at
    and closing.event_type = 'notebook_closed');

-- How far a sender's clock was ahead, in whole seconds; null where it was right.
create function clock_skew_seconds(occurred_at timestamptz, corrected_at timestamptz) returns bigint
language sql immutable parallel safe
as $$
  select trunc(extract(epoch from occurred_at) - extract(epoch from corrected_at))::bigint
$$;

create function unix_microseconds(at timestamptz) returns bigint
language sql immutable parallel safe
as $$
  select (extract(epoch from at) * 1000000)::bigint
$$;

-- Makes the session's temporary tables, once. Called before a COPY.
create or replace function prepare_arrived_events() returns void
language plpgsql
as $$
begin
  if to_regclass('pg_temp.arrived_events') is not null then
    return;
  end if;
  create temporary table arrived_events (
    -- Numbers the batch by learner, course, "at", execution_count, duration_ms and cell_index, absent
    -- values first: of one learner's events the last is the newest.
    place integer not null,
    event_id uuid,
    occurred_at timestamptz,
    received_at timestamptz,
    corrected_at timestamptz,
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
    -- Of the events at last_at.
    clock_skew_seconds bigint,
    total_duration_ms double precision not null
  ) on commit delete rows;
end
$$;

-- Stores a batch given as one JSON array, and returns how many of its events were new.
create or replace function store_notebook_events(events json) returns bigint
language plpgsql
set jit = off
as $$
begin
  perform prepare_arrived_events();
  insert into arrived_events (
    place, event_id, event_type, occurred_at, received_at, corrected_at, course_id, student_id,
    student_name, team, session_id, notebook_path, cell_id, cell_index, cell_type, execution_count,
    has_error, error_name, error_message, duration_ms, code, result, attributes)
  select
    row_number() over (
      order by student_id, course_id, coalesce(corrected_at, occurred_at),
        execution_count nulls first, duration_ms nulls first, cell_index nulls first, event_id),
    event_id, event_type, occurred_at, received_at, corrected_at, course_id, student_id,
    student_name, team, session_id, notebook_path, cell_id, cell_index, cell_type, execution_count,
    has_error, error_name, error_message, duration_ms, code, result, attributes
  from (
    select distinct on (event_id) *
    from json_to_recordset(events) as event(
      event_id uuid, event_type text collate "C", occurred_at timestamptz, received_at timestamptz,
      corrected_at timestamptz, course_id text collate "C", student_id text collate "C",
      student_name text, team text,
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
create or replace function store_arrived_events() returns bigint
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
        event_id, event_type, occurred_at, received_at, corrected_at, course_id, student_id, team,
        session_id, notebook_path, cell_id, cell_index, cell_type, execution_count, has_error,
        error_name, error_message, duration_ms, code, result, attributes)
      select
        event_id, event_type, occurred_at, received_at, corrected_at, course_id, student_id,
        nullif(team, ''), session_id, notebook_path, cell_id, cell_index, cell_type,
        execution_count, has_error, error_name, error_message, duration_ms, code, result, attributes
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
    clock_skew_seconds, total_duration_ms)
  select
    student_id, course_id, notebook_path, cell, event_type, student_name, team, events, errors,
    first_at, last_at, first_success_at, last_success_at, last_error_at, last_place,
    case when last_corrected[1] = unix_microseconds(last_at) then last_corrected[2] end,
    total_duration_ms
  from (
    select
      student_id, course_id, notebook_path,
      case when event_type = 'cell_executed' then cell_key(cell_id, cell_index) end as cell,
      event_type, nullif(student_name, '') as student_name, nullif(team, '') as team,
      count(*) as events, count(*) filter (where has_error) as errors, min(at) as first_at,
      max(at) as last_at, min(at) filter (where has_error is not true) as first_success_at,
      max(at) filter (where has_error is not true) as last_success_at,
      max(at) filter (where has_error) as last_error_at, max(place) as last_place,
      -- The last of those with a wrong clock, and how wrong it was.
      max(
        array[unix_microseconds(corrected_at), clock_skew_seconds(occurred_at, corrected_at)]
      ) filter (where corrected_at is not null) as last_corrected,
      coalesce(sum(duration_ms), 0) as total_duration_ms
    from (select *, coalesce(corrected_at, occurred_at) as at from arrived_events) as event
    group by 1, 2, 3, 4, 5, 6, 7
  ) as work;

  perform store_activity();
  perform store_enrollments();
  unsure_cells := store_cell_progress();

  -- Each statement below sees what was committed until it began. The rows that it counts for are locked
  -- by this transaction, so nobody else can have counted half of them.

  if unsure_cells is not null then
    update cell_progress as known set consecutive_errors = counted.errors
    from errors_of_unsure_cells(unsure_cells) as counted
    where known.student_id = counted.student_id and known.course_id = counted.course_id
      and known.notebook_path = counted.notebook_path and known.cell = counted.cell;
  end if;

  if exists (select from arrived_work where event_type in ('help', 'help_stop')) then
    perform store_help();
  end if;
  perform store_names();
  perform store_notebooks();
  return stored_count;
end
$$;

create or replace function store_enrollments() returns void
language plpgsql
set jit = off
as $$
begin
  with learner_work as (
    select *,
      max(last_at) filter (where event_type = 'cell_executed') over learner as last_executed_at,
      max(last_at) filter (where team is not null) over learner as team_at,
      max(last_at) over learner as last_seen_at
    from arrived_work
    window learner as (partition by course_id, student_id)
  )
  insert into enrollments as known (
    course_id, student_id, first_seen_at, last_seen_at, named_at, team, team_at, executions, errors,
    last_executed_at, last_success_at, current_notebook_path, current_cell, clock_skew_seconds,
    closed_at)
  select
    course_id, student_id, min(first_at), max(last_at),
    max(last_at) filter (where student_name is not null),
    max(team) filter (where last_at = team_at), max(team_at),
    coalesce(sum(events) filter (where event_type = 'cell_executed'), 0),
    coalesce(sum(errors) filter (where event_type = 'cell_executed'), 0),
    max(last_executed_at), max(last_success_at) filter (where event_type = 'cell_executed'),
    max(notebook_path) filter (where event_type = 'cell_executed' and last_at = last_executed_at),
    max(cell) filter (where event_type = 'cell_executed' and last_at = last_executed_at),
    max(clock_skew_seconds) filter (where last_at = last_seen_at),
    max(last_at) filter (where event_type = 'notebook_closed')
  from learner_work
  group by course_id, student_id
  order by course_id, student_id
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

-- Returns the keys of the rows whose consecutive_errors have to be counted from the events, or null.
--
-- Planner setting: a plan made for a small batch must not join a large one row by row.
create or replace function store_cell_progress() returns jsonb
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
      count(*) filter (where last_success_at is null or at > last_success_at)
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

-- The consecutive errors of the cells with these keys, a JSON array, counted from the events. Each learner's
-- events are read once, by the timeline's index.
--
-- Planner setting: a plan made for few events must not join them to the cells row by row. What is looked up by
-- a whole key is a subquery, a probe of the index whatever the setting.
create or replace function errors_of_unsure_cells(unsure_cells jsonb) returns table (
  student_id text, course_id text, notebook_path text, cell text, errors bigint
)
language sql stable rows 100
set enable_seqscan = off
set enable_nestloop = off
set jit = off
as $$
  with unsure as materialized (
    select key.student_id, key.course_id, key.notebook_path, key.cell,
      (
        select coalesce(known.last_success_at, '-infinity')
        from cell_progress as known
        where known.student_id = key.student_id and known.course_id = key.course_id
          and known.notebook_path = key.notebook_path and known.cell = key.cell
      ) as last_success_at
    from jsonb_to_recordset(unsure_cells) as key(
      student_id text collate "C", course_id text collate "C", notebook_path text collate "C",
      cell text collate "C")
  ),
  learner as (
    select student_id, course_id, min(last_success_at) as last_success_at
    from unsure group by student_id, course_id
  ),
  failure as materialized (
    select learner.student_id, learner.course_id, event.notebook_path,
      cell_key(event.cell_id, event.cell_index) as cell, event.at
    from learner
    cross join lateral (
      select notebook_path, cell_id, cell_index, occurred_at as at
      from progress_events as event
      where event.student_id = learner.student_id and event.course_id = learner.course_id
        and event.occurred_at > learner.last_success_at and event.corrected_at is null
        and event.event_type = 'cell_executed' and event.has_error
      union all
      select notebook_path, cell_id, cell_index, corrected_at
      from progress_events as event
      where event.student_id = learner.student_id and event.course_id = learner.course_id
        and event.corrected_at > learner.last_success_at
        and event.event_type = 'cell_executed' and event.has_error
      offset 0
    ) as event
  )
  select unsure.student_id, unsure.course_id, unsure.notebook_path, unsure.cell,
    count(failure.at)
  from unsure
  left join failure
    on failure.student_id = unsure.student_id and failure.course_id = unsure.course_id
    and failure.notebook_path = unsure.notebook_path and failure.cell = unsure.cell
    and failure.at > unsure.last_success_at
  group by unsure.student_id, unsure.course_id, unsure.notebook_path, unsure.cell
$$;

-- When the requests for help that stand began, from the events themselves: they are few. Each look goes to
-- an end of an index, however often a learner asked.
create or replace function store_help() returns void
language plpgsql
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
    (
      select distinct course_id, student_id from arrived_work
      where event_type in ('help', 'help_stop')
    ) as change,
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
