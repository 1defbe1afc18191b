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

-- Counts the rows that a statement really inserted, so an event counts once however often it comes.
create function count_activity() returns trigger
language plpgsql
as $$
begin
  insert into course_activity as known (
    course_id, at, writer, events, executions, errors, help)
  -- date_trunc would look at the time zone of every event.
  select course_id, date_bin('1 second', occurred_at, 'epoch'), pg_backend_pid(), count(*),
    count(*) filter (where event_type = 'cell_executed'),
    count(*) filter (where event_type = 'cell_executed' and has_error),
    count(*) filter (where event_type = 'help')
  from arrived
  group by 1, 2
  on conflict (course_id, at, writer) do update set
    events = known.events + excluded.events,
    executions = known.executions + excluded.executions,
    errors = known.errors + excluded.errors,
    help = known.help + excluded.help;
  return null;
end
$$;

create trigger count_activity after insert on progress_events
referencing new table as arrived for each statement execute function count_activity();

-- What was stored before.
insert into course_activity (course_id, at, writer, events, executions, errors, help)
select course_id, date_bin('1 second', occurred_at, 'epoch'), 0, count(*),
  count(*) filter (where event_type = 'cell_executed'),
  count(*) filter (where event_type = 'cell_executed' and has_error),
  count(*) filter (where event_type = 'help')
from progress_events
group by 1, 2;

-- Whose last event it is to have closed a notebook. Few events are in it.
create index progress_events_closed on progress_events (course_id, student_id, occurred_at)
  where event_type = 'notebook_closed';
