-- A training session is its learner's, by its key, and its course's: a token for one course could change the session
-- that somebody had in another.
--
-- The course that it was first sent into owns it. What comes later of another is refused, and lies among the dead letters.

alter table training_sessions
  -- The course that it was sent into. Null in rows from before, which take that of their next correction.
  add column course_id text collate "C";

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
    select distinct on (session ->> 'userId', session ->> 'sessionId') event_id, occurred_at,
      coalesce(course_id, 'default') as course_id, session,
      session -> 'formFeedback' as form, session -> 'cameraSettings' as camera,
      session -> 'sessionMetadata' as metadata,
      session #> '{sessionMetadata,mediapipePerformance}' as performance,
      session #> '{sessionMetadata,deviceInfo}' as device
    from json_to_recordset(events) as event(
      event_id uuid, occurred_at timestamptz, course_id text, session jsonb)
    order by session ->> 'userId', session ->> 'sessionId', occurred_at desc, event_id desc
  ),
  stored as (
    insert into training_sessions as known (
      session_id, user_id, exercise_type, start_time, end_time, duration, status, rep_count,
      set_count, overall_score, good_frames, warning_frames, error_frames, warnings,
      camera_position, camera_resolution, camera_fps, total_frames, processed_frames, average_fps,
      frame_drop_count, average_confidence, average_inference_time, max_inference_time,
      min_inference_time, platform, os_version, device_model, device_memory, created_at,
      occurred_at, course_id)
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
      coalesce((session ->> 'createdAt')::timestamptz, occurred_at), occurred_at, course_id
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
      occurred_at = excluded.occurred_at, course_id = excluded.course_id, synced_to_bq = false,
      sync_status = 'pending'
    where excluded.occurred_at > known.occurred_at
      and coalesce(known.course_id, excluded.course_id) = excluded.course_id
    -- xmax is 0 in a row that was inserted.
    returning session_key::text, xmax <> 0 as is_correction
  )
  select count(*), array_agg(session_key) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('training_sessions', corrected);

  -- The whole batch is refused, and its halves are tried, until the event stands alone that is at fault.
  if exists (
    select from json_to_recordset(events) as event(course_id text, session json)
    join training_sessions as known on known.session_key =
      training_session_key(session ->> 'userId', session ->> 'sessionId')
    where known.course_id <> coalesce(event.course_id, 'default')
  ) then
    raise integrity_constraint_violation
      using message = 'sessionId is that of a session of another course';
  end if;
  return stored_count;
end
$$;
