-- Exercises: each check of a learner's answer, and how far a learner is with each exercise.
--
-- A kind of event with a table and a function of its own: what stores the runs of cells (0002, 0230) is as
-- it was.

create table exercise_checks (
  event_id uuid primary key,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  -- As in progress_events (0230): null where the sender's clock was right.
  corrected_at timestamptz,
  points double precision,
  points_possible double precision,
  attempt bigint,
  cell_index integer,
  passed boolean not null,
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  notebook_path text collate "C" not null,
  exercise_id text collate "C" not null,
  cell_id text collate "C",
  label text,
  checker text,
  team text,
  session_id text,
  -- A learner's work: here only where the operator keeps it.
  answer text
) with (fillfactor = 80);

create index exercise_checks_learner on exercise_checks (student_id, course_id, exercise_id);
create index exercise_checks_received on exercise_checks using brin (received_at);
-- The most common wrong answers of a class. Empty where no work is kept.
create index exercise_checks_wrong on exercise_checks (course_id, notebook_path, exercise_id)
  where answer is not null and not passed;

-- A learner's checks of one exercise, summed up. They are few, so each change counts them anew, and neither
-- the order in which they arrive nor one that comes twice makes a difference.
create table exercise_progress (
  course_id text collate "C" not null,
  notebook_path text collate "C" not null,
  exercise_id text collate "C" not null,
  student_id text collate "C" not null,
  attempts bigint not null default 0,
  -- Checks since the last that passed; 0 when the last passed.
  failures_in_a_row bigint not null default 0,
  failing_since timestamptz,
  -- Which attempt was the first that passed, from 1; null while none has.
  first_passed_attempt bigint,
  first_checked_at timestamptz,
  last_checked_at timestamptz,
  -- Of the last check; the label of the last that had one.
  label text,
  -- The cell of the last check.
  cell text collate "C",
  cell_index integer,
  points double precision,
  points_possible double precision,
  primary key (student_id, course_id, notebook_path, exercise_id)
) with (fillfactor = 70);

create index exercise_progress_notebook on exercise_progress (course_id, notebook_path);
-- Who fails now, which alerts on a class begin with.
create index exercise_progress_failing on exercise_progress (last_checked_at)
  where failures_in_a_row > 0;

-- Stores a batch of `exercise_checked`. The same event may come again, and twice in one batch.
--
-- What is new is added in the order in which store_notebook_events adds it (0230): when a class begins, the two wait
-- for one another in one direction.
create function store_exercise_checks(events json) returns bigint
language plpgsql
set jit = off
as $$
declare
  -- Read once.
  checks exercise_checks[];
  arrived uuid[];
  stored_count bigint;
begin
  select array_agg(event) into checks
  from json_populate_recordset(null::exercise_checks, events) as event;

  with stored as (
    insert into exercise_checks (
      event_id, occurred_at, received_at, corrected_at, points, points_possible, attempt, cell_index,
      passed, course_id, student_id, notebook_path, exercise_id, cell_id, label, checker, team,
      session_id, answer)
    select distinct on (event_id)
      event_id, occurred_at, received_at, corrected_at, points, points_possible, attempt, cell_index,
      passed, course_id, student_id, notebook_path, exercise_id, cell_id, label, checker, team,
      session_id, answer
    from unnest(checks)
    order by event_id
    on conflict (event_id) do nothing
    returning event_id
  )
  select count(*), array_agg(event_id) into stored_count, arrived from stored;

  -- Who was never heard of before. Rows that are there are left alone, and not locked: their events lock
  -- them in an order of their own.
  insert into enrollments (course_id, student_id, first_seen_at, last_seen_at, executions, errors)
  select course_id, student_id, min(coalesce(corrected_at, occurred_at)),
    max(coalesce(corrected_at, occurred_at)), 0, 0
  from unnest(checks)
  group by course_id, student_id
  order by course_id, student_id
  on conflict do nothing;
  insert into students (student_id)
  select distinct student_id from unnest(checks) order by student_id
  on conflict do nothing;
  insert into courses (course_id, first_seen_at)
  select course_id, min(coalesce(corrected_at, occurred_at)) from unnest(checks)
  group by course_id
  order by course_id
  on conflict do nothing;
  insert into notebooks (course_id, notebook_path, first_seen_at)
  select course_id, notebook_path, min(coalesce(corrected_at, occurred_at)) from unnest(checks)
  group by course_id, notebook_path
  order by course_id, notebook_path
  on conflict do nothing;

  -- Locks the rows, in the order of their keys. The statement after it sees what was committed until it
  -- began, so nobody else can have counted half of them.
  insert into exercise_progress as known (student_id, course_id, notebook_path, exercise_id)
  select distinct student_id, course_id, notebook_path, exercise_id
  from unnest(checks)
  order by student_id, course_id, notebook_path, exercise_id
  on conflict (student_id, course_id, notebook_path, exercise_id)
    do update set exercise_id = excluded.exercise_id;

  update exercise_progress as known set
    -- What was counted earlier and is there no more, retention has deleted, the oldest first. What it told stays.
    attempts = counted.attempts + greatest(known.attempts - counted.earlier, 0),
    failures_in_a_row = counted.failures_in_a_row + case
      when counted.failures_in_a_row = counted.attempts
        then greatest(known.failures_in_a_row - counted.earlier, 0)
      else 0 end,
    failing_since = case when counted.failures_in_a_row = counted.attempts
      then least(known.failing_since, counted.failing_since) else counted.failing_since end,
    first_passed_attempt = coalesce(
      case when known.attempts > counted.earlier then known.first_passed_attempt end,
      counted.first_passed_attempt + greatest(known.attempts - counted.earlier, 0)),
    first_checked_at = least(known.first_checked_at, counted.first_checked_at),
    last_checked_at = counted.last_checked_at,
    label = coalesce(counted.label, known.label),
    cell = counted.cell,
    cell_index = counted.cell_index,
    points = counted.points,
    points_possible = counted.points_possible
  from (
    select student_id, course_id, notebook_path, exercise_id,
      count(*) as attempts,
      count(*) filter (where (event_id = any(arrived)) is not true) as earlier,
      count(*) - coalesce(max(last_passed), 0) as failures_in_a_row,
      min(at) filter (where place > coalesce(last_passed, 0)) as failing_since,
      min(place) filter (where passed) as first_passed_attempt,
      min(at) as first_checked_at, max(at) as last_checked_at,
      (array_agg(label order by place desc) filter (where label is not null))[1] as label,
      (array_agg(cell_key(cell_id, cell_index) order by place desc))[1] as cell,
      (array_agg(cell_index order by place desc))[1] as cell_index,
      (array_agg(points order by place desc))[1] as points,
      (array_agg(points_possible order by place desc))[1] as points_possible
    from (
      select *,
        max(place) filter (where passed) over (
          partition by student_id, course_id, notebook_path, exercise_id) as last_passed
      from (
        select checked.*, coalesce(corrected_at, occurred_at) as at,
          row_number() over (
            partition by student_id, course_id, notebook_path, exercise_id
            order by coalesce(corrected_at, occurred_at), event_id) as place
        from exercise_checks as checked
          join (
            select distinct student_id, course_id, notebook_path, exercise_id
            from unnest(checks)
          ) as changed using (student_id, course_id, notebook_path, exercise_id)
      ) as placed
    ) as judged
    group by student_id, course_id, notebook_path, exercise_id
  ) as counted
  where known.student_id = counted.student_id and known.course_id = counted.course_id
    and known.notebook_path = counted.notebook_path and known.exercise_id = counted.exercise_id;
  return stored_count;
end
$$;

create view bq_export_exercise_checks as
select
  checked.event_id as source_key,
  jsonb_build_object(
    'event_id', checked.event_id, 'event_type', 'exercise_checked',
    'occurred_at', bq_timestamp(checked.occurred_at),
    'received_at', bq_timestamp(checked.received_at),
    'course_id', checked.course_id, 'student_id_hash', checked.student_id,
    'team', bq_without_learner(checked.team, checked.student_id, student.student_name),
    'session_id',
      bq_without_learner(checked.session_id, checked.student_id, student.student_name),
    'notebook_path',
      bq_without_learner(checked.notebook_path, checked.student_id, student.student_name),
    'cell_id', checked.cell_id, 'cell_index', checked.cell_index,
    'exercise_id',
      bq_without_learner(checked.exercise_id, checked.student_id, student.student_name),
    'label', bq_without_learner(checked.label, checked.student_id, student.student_name),
    'attempt', checked.attempt, 'passed', checked.passed, 'points', checked.points,
    'points_possible', checked.points_possible, 'checker', checked.checker) as document
from exercise_checks as checked left join students as student using (student_id);

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, id_column, version_column,
  partition_column, clustering, pseudonymised_columns, retention_column)
values (
  'exercise_checks', 'event_id', 'bq_export_exercise_checks', 'exercise_checks', 'event_id',
  'received_at', 'occurred_at', '{course_id,exercise_id}', '{student_id_hash}', 'received_at');

select bq_sync_install('exercise_checks');

-- As in 0271, but that exercises tell, too, in which notebooks learners were.
create or replace function erase_learner_places(names text[]) returns bigint
language plpgsql
as $$
declare
  alone text[];
  removed bigint;
  more bigint;
begin
  select array_agg(distinct course_id) into alone
  from enrollments as mine
  where student_id = any (names) and not exists (
    select from enrollments as other
    where other.course_id = mine.course_id and not other.student_id = any (names));
  delete from course_activity where course_id = any (alone);
  delete from courses where course_id = any (alone);
  get diagnostics removed = row_count;

  with mine as (
    select course_id, notebook_path from cell_progress where student_id = any (names)
    union
    select course_id, notebook_path from progress_events where student_id = any (names)
    union
    select course_id, current_notebook_path from enrollments
    where student_id = any (names) and current_notebook_path is not null
    union
    select course_id, notebook_path from exercise_progress where student_id = any (names)
  ),
  candidates as materialized (
    select * from mine where not exists (
      select from cell_progress as other
      where other.course_id = mine.course_id and other.notebook_path = mine.notebook_path
        and not other.student_id = any (names))
      and not exists (
        select from exercise_progress as other
        where other.course_id = mine.course_id and other.notebook_path = mine.notebook_path
          and not other.student_id = any (names))
  ),
  shared as materialized (
    select distinct other.course_id, other.notebook_path
    from progress_events as other join candidates using (course_id, notebook_path)
    where not other.student_id = any (names)
  )
  delete from notebooks using candidates
  where notebooks.course_id = candidates.course_id
    and notebooks.notebook_path = candidates.notebook_path
    and not exists (
      select from shared
      where shared.course_id = candidates.course_id
        and shared.notebook_path = candidates.notebook_path);
  get diagnostics more = row_count;
  removed := removed + more;

  delete from firestore_completions where string_to_array(document, '/') && names;
  get diagnostics more = row_count;
  removed := removed + more;
  -- The full pass begins anew.
  update firestore_sources set pass_document = null
  where string_to_array(pass_document, '/') && names;

  -- Whose row is still there is looked after with it.
  with given_up as (
    delete from bq_sync_failures as failure
    where exists (select from unnest(names) as name where strpos(failure.reason, name) > 0)
      and bq_sync_failed_document(failure) is null
    returning source_table, status = 'pending' and not is_on_queue as counts
  ),
  noted as (
    insert into bq_sync_ledger (source_table, enqueued, failed)
    select source_table, -count(*), -count(*) from given_up where counts group by source_table
    returning 1
  )
  select removed + count(*) into removed from given_up;
  return removed;
end
$$;
