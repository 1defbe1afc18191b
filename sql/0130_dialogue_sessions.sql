-- The homework coach: a finished dialogue session, what the learner worked on in it, and the learner's
-- profile at that moment. One event changes the three tables in one transaction.

create table dialogue_sessions (
  session_id text collate "C" primary key,
  user_id text collate "C" not null,
  start_time timestamptz not null,
  end_time timestamptz,
  problem_ids text[] not null default '{}' check (array_position(problem_ids, null) is null),
  total_hints_used bigint,
  self_solved_count bigint,
  total_points bigint,
  -- [{"turn_id", "speaker", "content", "timestamp", "emotion"}]
  dialogue_turns jsonb not null default '[]' check (jsonb_typeof(dialogue_turns) = 'array'),
  created_at timestamptz not null default now(),
  occurred_at timestamptz not null default now()
) with (fillfactor = 80);

create index dialogue_sessions_user on dialogue_sessions (user_id, start_time);
create index dialogue_sessions_start on dialogue_sessions (start_time);

create table learning_history (
  id text collate "C" primary key default gen_random_uuid()::text,
  user_id text collate "C" not null,
  problem_id text collate "C" not null,
  attempted_at timestamptz not null,
  solved_independently boolean,
  hints_used bigint,
  time_spent_seconds bigint,
  points_earned bigint,
  session_id text collate "C"
) with (fillfactor = 80);

create index learning_history_user on learning_history (user_id, attempted_at);
create index learning_history_attempted on learning_history (attempted_at);

create table learning_profile_snapshots (
  id text collate "C" primary key default gen_random_uuid()::text,
  user_id text collate "C" not null,
  snapshot_at timestamptz not null,
  persistence_score double precision,
  independence_score double precision,
  reflection_quality double precision,
  hint_dependency double precision,
  total_sessions bigint,
  total_problems_solved bigint,
  -- [{"subject", "topic", "level", "trend"}]
  subject_understanding jsonb not null default '[]'
    check (jsonb_typeof(subject_understanding) = 'array')
) with (fillfactor = 80);

create index learning_profile_snapshots_user on learning_profile_snapshots (user_id, snapshot_at);
create index learning_profile_snapshots_at on learning_profile_snapshots (snapshot_at);

-- A row's id when its sender gives it none: the same facts, the same id.
create function id_of_facts(variadic facts text[]) returns text
language sql immutable parallel safe
as $$
  select left(encode(sha256(convert_to(to_jsonb(facts)::text, 'UTF8')), 'hex'), 32)
$$;

create function store_dialogue_sessions(events json) returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  corrected text[];
begin
  with batch as materialized (
    select distinct on (session ->> 'session_id') event_id, occurred_at, session
    from json_to_recordset(events) as event(
      event_id uuid, occurred_at timestamptz, session jsonb)
    order by session ->> 'session_id', occurred_at desc, event_id desc
  ),
  stored as (
    insert into dialogue_sessions as known (
      session_id, user_id, start_time, end_time, problem_ids, total_hints_used,
      self_solved_count, total_points, dialogue_turns, created_at, occurred_at)
    select
      session ->> 'session_id', session ->> 'user_id', (session ->> 'start_time')::timestamptz,
      (session ->> 'end_time')::timestamptz,
      array(select jsonb_array_elements_text(session -> 'problem_ids')),
      (session ->> 'total_hints_used')::bigint, (session ->> 'self_solved_count')::bigint,
      (session ->> 'total_points')::bigint, coalesce(session -> 'dialogue_turns', '[]'),
      coalesce((session ->> 'created_at')::timestamptz, occurred_at), occurred_at
    from batch
    on conflict (session_id) do update set
      user_id = excluded.user_id, start_time = excluded.start_time,
      end_time = excluded.end_time, problem_ids = excluded.problem_ids,
      total_hints_used = excluded.total_hints_used,
      self_solved_count = excluded.self_solved_count, total_points = excluded.total_points,
      dialogue_turns = excluded.dialogue_turns, created_at = excluded.created_at,
      occurred_at = excluded.occurred_at, synced_to_bq = false
    where excluded.occurred_at > known.occurred_at
    -- xmax is 0 in a row that was inserted.
    returning session_id, xmax <> 0 as is_correction
  )
  select count(*), array_agg(session_id) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('dialogue_sessions', corrected);

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

create view bq_export_dialogue_sessions as
select
  session_id as source_key,
  jsonb_build_object(
    'session_id', session_id, 'user_id', user_id, 'start_time', bq_timestamp(start_time),
    'end_time', bq_timestamp(end_time), 'problem_ids', to_jsonb(problem_ids),
    'total_hints_used', total_hints_used, 'self_solved_count', self_solved_count,
    'total_points', total_points,
    'dialogue_turns', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'turn_id', turn -> 'turn_id', 'speaker', turn -> 'speaker', 'content', turn -> 'content',
        'timestamp', bq_nested_timestamp(turn -> 'timestamp'), 'emotion', turn -> 'emotion')
        order by place), '[]')
      from jsonb_array_elements(dialogue_turns) with ordinality as element(turn, place)
    ),
    'created_at', bq_timestamp(created_at)) as document
from dialogue_sessions;

create view bq_export_learning_history as
select
  id as source_key,
  jsonb_build_object(
    'id', id, 'user_id', user_id, 'problem_id', problem_id,
    'attempted_at', bq_timestamp(attempted_at), 'solved_independently', solved_independently,
    'hints_used', hints_used, 'time_spent_seconds', time_spent_seconds,
    'points_earned', points_earned, 'session_id', session_id) as document
from learning_history;

create view bq_export_learning_profile_snapshots as
select
  id as source_key,
  jsonb_build_object(
    'id', id, 'user_id', user_id, 'snapshot_at', bq_timestamp(snapshot_at),
    'persistence_score', persistence_score, 'independence_score', independence_score,
    'reflection_quality', reflection_quality, 'hint_dependency', hint_dependency,
    'total_sessions', total_sessions, 'total_problems_solved', total_problems_solved,
    'subject_understanding', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'subject', understood -> 'subject', 'topic', understood -> 'topic',
        'level', understood -> 'level', 'trend', understood -> 'trend') order by place), '[]')
      from jsonb_array_elements(subject_understanding)
        with ordinality as element(understood, place)
    )) as document
from learning_profile_snapshots;

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, id_column, version_column,
  partition_column, clustering, retention_column)
values
  ('dialogue_sessions', 'session_id', 'bq_export_dialogue_sessions', 'dialogue_sessions',
    'session_id', 'end_time', 'start_time', '{user_id}', 'start_time'),
  ('learning_history', 'id', 'bq_export_learning_history', 'learning_history', 'id', null,
    'attempted_at', '{user_id,problem_id}', 'attempted_at'),
  ('learning_profile_snapshots', 'id', 'bq_export_learning_profile_snapshots',
    'learning_profile_snapshots', 'id', null, 'snapshot_at', '{user_id}', 'snapshot_at');

select bq_sync_install(source_table)
from unnest(array['dialogue_sessions', 'learning_history', 'learning_profile_snapshots'])
  as source_table;
