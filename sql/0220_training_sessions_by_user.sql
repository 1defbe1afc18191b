-- Sessions of two users may have the same id: a row is known by user and session.
--
-- Not undone by this: a session that took the place of another user's, before, is the only one of the two
-- that is left here. BigQuery has both.

-- The key as one value, for the mirror's queue. It tells nobody who the user is: processes of the version
-- before send it to BigQuery as insertId while they are replaced.
create function training_session_key(user_id text, session_id text) returns uuid
language sql immutable strict parallel safe
as $$
  -- With the length in front, no two pairs have one text.
  select substr(encode(sha256(convert_to(
    length(user_id) || ':' || user_id || session_id, 'UTF8')), 'hex'), 1, 32)::uuid
$$;

-- Writes every row once more, and whoever stores sessions waits meanwhile.
alter table training_sessions
  add column session_key uuid not null
    generated always as (training_session_key(user_id, session_id)) stored;

-- A row that is gone leaves a key of its own kind.
update bq_sync_queue set source_key = coalesce(
  (select session_key from training_sessions where session_id = source_key),
  training_session_key('', source_key))::text
where source_table = 'training_sessions';

update bq_sync_failures set source_key = coalesce(
  (select session_key from training_sessions where session_id = source_key),
  training_session_key('', source_key))::text
where source_table = 'training_sessions';

alter table training_sessions drop constraint training_sessions_pkey;
alter table training_sessions add primary key (session_key);

alter table bq_sync_registry
  -- A column in BigQuery within whose values id_column is unique, the learner's for example; null where it
  -- is unique by itself.
  add column scope_column text;

update bq_sync_registry set key_column = 'session_key', scope_column = 'user_id_hash'
where source_table = 'training_sessions';

-- The trigger that is there names the old key.
do $$
begin
  if bq_sync_has_queue('training_sessions') then
    perform bq_sync_stop_queue('training_sessions');
    create trigger bq_sync_enqueue after insert on training_sessions
      referencing new table as inserted_rows for each statement
      execute function bq_sync_enqueue_inserted('session_key');
  end if;
end
$$;

-- A view's column cannot change its type.
drop view bq_export_training_sessions;

create view bq_export_training_sessions as
select
  session_key as source_key,
  jsonb_build_object(
    'user_id_hash', user_id, 'session_id', session_id, 'exercise_type', exercise_type,
    'start_time', bq_timestamp(start_time), 'end_time', bq_timestamp(end_time),
    'duration', duration, 'status', status, 'rep_count', rep_count, 'set_count', set_count,
    'overall_score', overall_score, 'good_frames', good_frames,
    'warning_frames', warning_frames, 'error_frames', error_frames,
    'warnings', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'type', warning -> 'type', 'count', coalesce(nullif(warning -> 'count', 'null'), '0'),
        'severity', warning -> 'severity') order by place), '[]')
      from jsonb_array_elements(warnings) with ordinality as element(warning, place)
    ))
  || jsonb_build_object(
    'camera_position', camera_position, 'camera_resolution', camera_resolution,
    'camera_fps', camera_fps, 'total_frames', total_frames, 'processed_frames', processed_frames,
    'average_fps', average_fps, 'frame_drop_count', frame_drop_count,
    'average_confidence', average_confidence, 'average_inference_time', average_inference_time,
    'max_inference_time', max_inference_time, 'min_inference_time', min_inference_time,
    'platform', platform, 'os_version', os_version, 'device_model', device_model,
    'device_memory', device_memory, 'created_at', bq_timestamp(created_at),
    'synced_at', bq_timestamp(now())) as document
from training_sessions;

create or replace function store_training_sessions(events json) returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  corrected text[];
begin
  with batch as materialized (
    select distinct on (session ->> 'userId', session ->> 'sessionId') event_id, occurred_at, session,
      session -> 'formFeedback' as form, session -> 'cameraSettings' as camera,
      session -> 'sessionMetadata' as metadata,
      session #> '{sessionMetadata,mediapipePerformance}' as performance,
      session #> '{sessionMetadata,deviceInfo}' as device
    from json_to_recordset(events) as event(
      event_id uuid, occurred_at timestamptz, session jsonb)
    order by session ->> 'userId', session ->> 'sessionId', occurred_at desc, event_id desc
  ),
  stored as (
    insert into training_sessions as known (
      session_id, user_id, exercise_type, start_time, end_time, duration, status, rep_count,
      set_count, overall_score, good_frames, warning_frames, error_frames, warnings,
      camera_position, camera_resolution, camera_fps, total_frames, processed_frames, average_fps,
      frame_drop_count, average_confidence, average_inference_time, max_inference_time,
      min_inference_time, platform, os_version, device_model, device_memory, created_at,
      occurred_at)
    select
      session ->> 'sessionId', session ->> 'userId', session ->> 'exerciseType',
      (session ->> 'startTime')::timestamptz, (session ->> 'endTime')::timestamptz,
      (session ->> 'duration')::bigint, session ->> 'status',
      coalesce((session ->> 'repCount')::bigint, 0), coalesce((session ->> 'setCount')::bigint, 0),
      (form ->> 'overallScore')::bigint, coalesce((form ->> 'goodFrames')::bigint, 0),
      coalesce((form ->> 'warningFrames')::bigint, 0),
      coalesce((form ->> 'errorFrames')::bigint, 0), coalesce(form -> 'warnings', '[]'),
      camera ->> 'position', camera ->> 'resolution', (camera ->> 'fps')::bigint,
      coalesce((metadata ->> 'totalFrames')::bigint, 0),
      coalesce((metadata ->> 'processedFrames')::bigint, 0),
      (metadata ->> 'averageFps')::double precision,
      coalesce((metadata ->> 'frameDropCount')::bigint, 0),
      (metadata ->> 'averageConfidence')::double precision,
      (performance ->> 'averageInferenceTime')::double precision,
      (performance ->> 'maxInferenceTime')::double precision,
      (performance ->> 'minInferenceTime')::double precision,
      device ->> 'platform', device ->> 'osVersion', device ->> 'deviceModel',
      (device ->> 'deviceMemory')::double precision,
      coalesce((session ->> 'createdAt')::timestamptz, occurred_at), occurred_at
    from batch
    on conflict (session_key) do update set
      exercise_type = excluded.exercise_type,
      start_time = excluded.start_time, end_time = excluded.end_time,
      duration = excluded.duration, status = excluded.status, rep_count = excluded.rep_count,
      set_count = excluded.set_count, overall_score = excluded.overall_score,
      good_frames = excluded.good_frames, warning_frames = excluded.warning_frames,
      error_frames = excluded.error_frames, warnings = excluded.warnings,
      camera_position = excluded.camera_position, camera_resolution = excluded.camera_resolution,
      camera_fps = excluded.camera_fps, total_frames = excluded.total_frames,
      processed_frames = excluded.processed_frames, average_fps = excluded.average_fps,
      frame_drop_count = excluded.frame_drop_count,
      average_confidence = excluded.average_confidence,
      average_inference_time = excluded.average_inference_time,
      max_inference_time = excluded.max_inference_time,
      min_inference_time = excluded.min_inference_time, platform = excluded.platform,
      os_version = excluded.os_version, device_model = excluded.device_model,
      device_memory = excluded.device_memory, created_at = excluded.created_at,
      occurred_at = excluded.occurred_at, synced_to_bq = false, sync_status = 'pending'
    where excluded.occurred_at > known.occurred_at
    -- xmax is 0 in a row that was inserted.
    returning session_key::text, xmax <> 0 as is_correction
  )
  select count(*), array_agg(session_key) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('training_sessions', corrected);
  return stored_count;
end
$$;
