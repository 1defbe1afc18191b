-- How long what learners did in a course is kept, where somebody has said so. A course without a row here is kept for ever.

create table course_retention (
  course_id text collate "C" primary key,
  days integer not null check (days between 1 and 36500),
  set_at timestamptz not null default now()
);

-- Deletes some of what is older than so many days in a course, and returns how many rows that were: 0 when nothing is left that may go.
-- An event is as old as the later of when it happened and when it was received. One that belongs into BigQuery and is not there
-- yet stays; so does a learner of whom one is left. Several workers may at once.
--
-- Events are found by their learners, for which there is an index: no other course's rows are looked at.
create function delete_expired_course_rows(course text, days integer, at_most integer) returns bigint
language plpgsql
set jit = off
as $$
declare
  latest constant timestamptz := now() - make_interval(days => days);
  locked text[];
  leaving text[];
  deleted_count bigint := 0;
  count_here bigint;
begin
  delete from progress_events where ctid = any (array(
    select event.ctid
    from enrollments as learner join progress_events as event
      on event.student_id = learner.student_id and event.course_id = learner.course_id
        and event.occurred_at < latest
    where learner.course_id = course and event.received_at < latest
      and (event.synced_to_bq or not bq_sync_has_queue('progress_events'))
    limit at_most for update of event skip locked));
  get diagnostics count_here = row_count;
  deleted_count := deleted_count + count_here;

  delete from exercise_checks where ctid = any (array(
    select checked.ctid
    from enrollments as learner join exercise_checks as checked
      on checked.student_id = learner.student_id and checked.course_id = learner.course_id
        and checked.occurred_at < latest
    where learner.course_id = course and checked.received_at < latest
      and (checked.synced_to_bq or not bq_sync_has_queue('exercise_checks'))
    limit at_most for update of checked skip locked));
  get diagnostics count_here = row_count;
  deleted_count := deleted_count + count_here;

  delete from course_activity where ctid = any (array(
    select ctid from course_activity where course_id = course and at < latest
    limit at_most for update skip locked));
  get diagnostics count_here = row_count;
  deleted_count := deleted_count + count_here;

  -- What is summed up of a learner goes with the last of the learner's events. The enrollment is locked first, as by whoever
  -- stores events: a new one waits, and makes new rows.
  select array_agg(student_id) into locked from (
    select student_id from enrollments as learner
    where course_id = course and last_seen_at < latest
      and not exists (
        select from progress_events as event
        where event.student_id = learner.student_id and event.course_id = learner.course_id)
      and not exists (
        select from exercise_checks as checked
        where checked.student_id = learner.student_id and checked.course_id = learner.course_id)
    order by student_id
    limit greatest(1, at_most / 20) for update skip locked
  ) as found;
  -- Once more, for what was stored until the rows were locked.
  select array_agg(learner.student_id) into leaving from unnest(locked) as learner(student_id)
  where not exists (
      select from progress_events as event
      where event.student_id = learner.student_id and event.course_id = course)
    and not exists (
      select from exercise_checks as checked
      where checked.student_id = learner.student_id and checked.course_id = course);
  if leaving is not null then
    delete from exercise_progress where course_id = course and student_id = any (leaving);
    get diagnostics count_here = row_count;
    deleted_count := deleted_count + count_here;
    delete from cell_progress where course_id = course and student_id = any (leaving);
    get diagnostics count_here = row_count;
    deleted_count := deleted_count + count_here;
    delete from enrollments where course_id = course and student_id = any (leaving);
    get diagnostics count_here = row_count;
    deleted_count := deleted_count + count_here;
    -- A name is for the courses that the learner is in.
    delete from students as learner
    where student_id = any (leaving)
      and not exists (select from enrollments as other where other.student_id = learner.student_id);
  end if;
  return deleted_count;
end
$$;
