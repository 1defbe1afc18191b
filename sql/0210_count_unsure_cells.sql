-- Cells whose consecutive errors have to be counted from the events cost one pass over a learner's events,
-- however many they are. They were counted one by one: an account that a whole class shares, with 183,000
-- events, took 98 s for a batch of 2,000 late ones, and the batch was tried again for ever.

-- The consecutive errors of the cells with these keys, a JSON array, counted from the events. Each learner's
-- events are read once, by the timeline's index.
--
-- Planner setting: a plan made for few events must not join them to the cells row by row. What is looked up by
-- a whole key is a subquery, a probe of the index whatever the setting.
create function errors_of_unsure_cells(unsure_cells jsonb) returns table (
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
      cell_key(event.cell_id, event.cell_index) as cell, event.occurred_at
    from learner
    cross join lateral (
      select notebook_path, cell_id, cell_index, occurred_at
      from progress_events as event
      where event.student_id = learner.student_id and event.course_id = learner.course_id
        and event.occurred_at > learner.last_success_at
        and event.event_type = 'cell_executed' and event.has_error
      offset 0
    ) as event
  )
  select unsure.student_id, unsure.course_id, unsure.notebook_path, unsure.cell,
    count(failure.occurred_at)
  from unsure
  left join failure
    on failure.student_id = unsure.student_id and failure.course_id = unsure.course_id
    and failure.notebook_path = unsure.notebook_path and failure.cell = unsure.cell
    and failure.occurred_at > unsure.last_success_at
  group by unsure.student_id, unsure.course_id, unsure.notebook_path, unsure.cell
$$;

-- As before, but for the cells that are counted.
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
