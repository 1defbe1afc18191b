-- Sessions of the exercise training app. They leave under a pseudonym.

create table training_sessions (
  session_id text collate "C" primary key,
  user_id text collate "C" not null,
  exercise_type text not null,
  start_time timestamptz not null,
  end_time timestamptz,
  duration bigint,
  status text not null,
  rep_count bigint not null default 0,
  set_count bigint not null default 0,
  overall_score bigint,
  good_frames bigint not null default 0,
  warning_frames bigint not null default 0,
  error_frames bigint not null default 0,
  -- [{"type", "count", "severity"}]
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
  camera_position text,
  camera_resolution text,
  camera_fps bigint,
  total_frames bigint not null default 0,
  processed_frames bigint not null default 0,
  average_fps double precision,
  frame_drop_count bigint not null default 0,
  average_confidence double precision,
  average_inference_time double precision,
  max_inference_time double precision,
  min_inference_time double precision,
  platform text,
  os_version text,
  device_model text,
  device_memory double precision,
  created_at timestamptz not null default now(),
  -- When the newest event about the session happened.
  occurred_at timestamptz not null default now(),
  -- The session's own way to BigQuery.
  sync_status text not null default 'pending'
    check (sync_status in ('pending', 'synced', 'failed')),
  sync_error text,
  sync_retry_count integer not null default 0
) with (fillfactor = 80);

create index training_sessions_created on training_sessions (created_at);
create index training_sessions_user on training_sessions (user_id, start_time);

create function store_training_sessions(events json) returns bigint
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  stored_count bigint;
  corrected text[];
begin
  with batch as materialized (
    select distinct on (session ->> 'sessionId') event_id, occurred_at, session,
      session -> 'formFeedback' as form, session -> 'cameraSettings' as camera,
      session -> 'sessionMetadata' as metadata,
      session #> '{sessionMetadata,mediapipePerformance}' as performance,
      session #> '{sessionMetadata,deviceInfo}' as device
    from json_to_recordset(events) as event(
      event_id uuid, occurred_at timestamptz, session jsonb)
    order by session ->> 'sessionId', occurred_at desc, event_id desc
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
    on conflict (session_id) do update set
      user_id = excluded.user_id, exercise_type = excluded.exercise_type,
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
    returning session_id, xmax <> 0 as is_correction
  )
  select count(*), array_agg(session_id) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('training_sessions', corrected);
  return stored_count;
end
$$;

create view bq_export_training_sessions as
select
  session_id as source_key,
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

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, id_column, version_column,
  partition_column, partition_expiration_days, requires_partition_filter, clustering,
  pseudonymised_columns, retention_column, shows_state)
values (
  'training_sessions', 'session_id', 'bq_export_training_sessions', 'sessions', 'session_id',
  'synced_at', 'created_at', 730, true, '{exercise_type,platform}', '{user_id_hash}',
  'created_at', true);

select bq_sync_install('training_sessions');
