-- A dialogue session is its learner's and its course's. Its id is chosen by whoever sends it: a token for one
-- learner, or for one course, could change the session of another by naming its id.
--
-- Who comes first owns the session. What comes later of somebody else is refused, and lies among the dead letters.

alter table dialogue_sessions
  -- The course that it was sent into. Null in rows from before, which take that of their next correction.
  add column course_id text collate "C";

create or replace function store_dialogue_sessions(events json) returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  corrected text[];
begin
  with batch as materialized (
    select distinct on (session ->> 'session_id')
      event_id, occurred_at, coalesce(course_id, 'default') as course_id, session
    from json_to_recordset(events) as event(
      event_id uuid, occurred_at timestamptz, course_id text, session jsonb)
    order by session ->> 'session_id', occurred_at desc, event_id desc
  ),
  stored as (
    insert into dialogue_sessions as known (
      session_id, user_id, start_time, end_time, problem_ids, total_hints_used,
      self_solved_count, total_points, dialogue_turns, created_at, occurred_at, course_id)
    select
      session ->> 'session_id', session ->> 'user_id', (session ->> 'start_time')::timestamptz,
      (session ->> 'end_time')::timestamptz,
      array(select jsonb_array_elements_text(session -> 'problem_ids')),
      (session ->> 'total_hints_used')::bigint, (session ->> 'self_solved_count')::bigint,
      (session ->> 'total_points')::bigint, coalesce(session -> 'dialogue_turns', '[]'),
      coalesce((session ->> 'created_at')::timestamptz, occurred_at), occurred_at, course_id
    from batch
    on conflict (session_id) do update set
      start_time = excluded.start_time,
      end_time = excluded.end_time, problem_ids = excluded.problem_ids,
      total_hints_used = excluded.total_hints_used,
      self_solved_count = excluded.self_solved_count, total_points = excluded.total_points,
      dialogue_turns = excluded.dialogue_turns, created_at = excluded.created_at,
      occurred_at = excluded.occurred_at, course_id = excluded.course_id, synced_to_bq = false
    where excluded.occurred_at > known.occurred_at and excluded.user_id = known.user_id
      and coalesce(known.course_id, excluded.course_id) = excluded.course_id
    -- xmax is 0 in a row that was inserted.
    returning session_id, xmax <> 0 as is_correction
  )
  select count(*), array_agg(session_id) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('dialogue_sessions', corrected);

  -- The whole batch is refused, and its halves are tried, until the event stands alone that is at fault.
  if exists (
    select from json_to_recordset(events) as event(course_id text, session jsonb)
    join dialogue_sessions as known on known.session_id = session ->> 'session_id'
    where known.user_id <> session ->> 'user_id'
      or known.course_id <> coalesce(event.course_id, 'default')
  ) then
    raise integrity_constraint_violation
      using message = 'session_id is that of a session of another learner or course';
  end if;

  insert into learning_history (
    id, user_id, problem_id, attempted_at, solved_independently, hints_used, time_spent_seconds,
    points_earned, session_id)
  select distinct on (id) *
  from (
    select
      coalesce(entry ->> 'id', id_of_facts(
        session ->> 'session_id', user_id, entry ->> 'problem_id', attempted_at::text)) as id,
      user_id, entry ->> 'problem_id', attempted_at,
      (entry ->> 'solved_independently')::boolean, (entry ->> 'hints_used')::bigint,
      (entry ->> 'time_spent_seconds')::bigint, (entry ->> 'points_earned')::bigint,
      coalesce(entry ->> 'session_id', session ->> 'session_id')
    from json_to_recordset(events) as event(
        occurred_at timestamptz, session jsonb, learning_history jsonb)
      cross join jsonb_array_elements(coalesce(learning_history, '[]')) as entry
      cross join lateral (
        select coalesce(entry ->> 'user_id', session ->> 'user_id') as user_id,
          coalesce((entry ->> 'attempted_at')::timestamptz, occurred_at) as attempted_at
      ) as completed
  ) as entries
  order by id
  on conflict (id) do nothing;

  insert into learning_profile_snapshots (
    id, user_id, snapshot_at, persistence_score, independence_score, reflection_quality,
    hint_dependency, total_sessions, total_problems_solved, subject_understanding)
  select distinct on (id) *
  from (
    select
      coalesce(profile ->> 'id', id_of_facts(
        session ->> 'session_id', user_id, snapshot_at::text)) as id,
      user_id, snapshot_at, (profile ->> 'persistence_score')::double precision,
      (profile ->> 'independence_score')::double precision,
      (profile ->> 'reflection_quality')::double precision,
      (profile ->> 'hint_dependency')::double precision, (profile ->> 'total_sessions')::bigint,
      (profile ->> 'total_problems_solved')::bigint,
      coalesce(profile -> 'subject_understanding', '[]')
    from json_to_recordset(events) as event(
        occurred_at timestamptz, session jsonb, profile_snapshot jsonb)
      cross join lateral (
        select profile_snapshot as profile,
          coalesce(profile_snapshot ->> 'user_id', session ->> 'user_id') as user_id,
          coalesce((profile_snapshot ->> 'snapshot_at')::timestamptz, occurred_at) as snapshot_at
      ) as completed
    where profile is not null
  ) as snapshots
  order by id
  on conflict (id) do nothing;
  return stored_count;
end
$$;
