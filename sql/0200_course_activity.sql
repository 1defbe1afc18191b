-- What happened in a course, counted a second: a chart of an hour reads thousands of rows rather than a
-- million events.
--
-- Each connection counts in rows of its own, so that batches stored at once do not queue for a row that
-- all of them change; readers add them up. There is never more than one row an event.
create table course_activity (
  course_id text collate "C" not null,
  -- The second in which the events occurred.
  at timestamptz not null,
  -- The process id of the server's side of the connection: no two that are open share it.
  writer integer not null,
  events integer not null,
  executions integer not null,
  errors integer not null,
  help integer not null,
  primary key (course_id, at, writer)
) with (fillfactor = 70);

-- Counts the events of a batch; called by store_arrived_events (0002), which leaves only new ones there.
-- A trigger would have PostgreSQL keep a second copy of every row for it.
create function store_activity() returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $$
begin
  insert into course_activity as known (
    course_id, at, writer, events, executions, errors, help)
  -- date_trunc would look at the time zone of every event.
  select course_id, date_bin('1 second', occurred_at, 'epoch'), pg_backend_pid(), count(*),
    count(*) filter (where event_type = 'cell_executed'),
    count(*) filter (where event_type = 'cell_executed' and has_error),
    count(*) filter (where event_type = 'help')
  from arrived_events
  group by 1, 2
  on conflict (course_id, at, writer) do update set
    events = known.events + excluded.events,
    executions = known.executions + excluded.executions,
    errors = known.errors + excluded.errors,
    help = known.help + excluded.help;
end
$$;

-- What was stored before.
insert into course_activity (course_id, at, writer, events, executions, errors, help)
select course_id, date_bin('1 second', occurred_at, 'epoch'), 0, count(*),
  count(*) filter (where event_type = 'cell_executed'),
  count(*) filter (where event_type = 'cell_executed' and has_error),
  count(*) filter (where event_type = 'help')
from progress_events
group by 1, 2;
