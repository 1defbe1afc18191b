-- The camera server: what its cameras detected, the summaries made of it, and its inferences. tid is
-- the tenant, fid the facility.

create table detection_logs (
  id text collate "C" primary key default gen_random_uuid()::text,
  tid text collate "C" not null,
  fid text collate "C" not null,
  camera_lacis_id text,
  detected_at timestamptz not null default now(),
  severity bigint,
  detection_type text,
  detection_detail jsonb,
  tags text[] not null default '{}' check (array_position(tags, null) is null),
  vehicle_ocr jsonb,
  face_features jsonb,
  snapshot_url text,
  source_device text
) with (fillfactor = 80);

create index detection_logs_detected on detection_logs (detected_at);

create table ai_summary_cache (
  summary_id text collate "C" primary key default gen_random_uuid()::text,
  tid text collate "C" not null,
  fid text collate "C" not null,
  summary_type text,
  period_start timestamptz,
  period_end timestamptz,
  summary_text text,
  summary_json jsonb,
  detection_count bigint,
  severity_max bigint,
  camera_ids text[] not null default '{}' check (array_position(camera_ids, null) is null),
  created_at timestamptz not null default now(),
  occurred_at timestamptz not null default now()
) with (fillfactor = 80);

create index ai_summary_cache_created on ai_summary_cache (created_at);

create table is21_logs (
  id text collate "C" primary key default gen_random_uuid()::text,
  tid text collate "C" not null,
  fid text collate "C" not null,
  camera_lacis_id text,
  model_name text,
  model_version text,
  inference_type text,
  latency_ms bigint,
  detection_count bigint,
  confidence double precision,
  success boolean,
  error_message text,
  result jsonb,
  created_at timestamptz not null default now()
) with (fillfactor = 80);

create index is21_logs_created on is21_logs (created_at);

create function store_detections(events json) returns bigint
language sql
as $$
  select store_events_as_rows('detection_logs', 'detected_at', events)
$$;

create function store_summaries(events json) returns bigint
language plpgsql
as $$
declare
  stored_count bigint;
  corrected text[];
begin
  with stored as (
    insert into ai_summary_cache as known (
      summary_id, tid, fid, summary_type, period_start, period_end, summary_text, summary_json,
      detection_count, severity_max, camera_ids, created_at, occurred_at)
    select distinct on (key)
      key, tid, fid, summary_type, period_start, period_end, summary_text, summary_json,
      detection_count, severity_max, coalesce(camera_ids, '{}'),
      coalesce(created_at, occurred_at), occurred_at
    from json_to_recordset(events) as event(
        event_id uuid, occurred_at timestamptz, summary_id text, tid text, fid text,
        summary_type text, period_start timestamptz, period_end timestamptz, summary_text text,
        summary_json jsonb, detection_count bigint, severity_max bigint, camera_ids text[],
        created_at timestamptz)
      cross join lateral (select coalesce(summary_id, event_id::text) as key) as keyed
    order by key, occurred_at desc, event_id desc
    on conflict (summary_id) do update set
      tid = excluded.tid, fid = excluded.fid, summary_type = excluded.summary_type,
      period_start = excluded.period_start, period_end = excluded.period_end,
      summary_text = excluded.summary_text, summary_json = excluded.summary_json,
      detection_count = excluded.detection_count, severity_max = excluded.severity_max,
      camera_ids = excluded.camera_ids, created_at = excluded.created_at,
      occurred_at = excluded.occurred_at, synced_to_bq = false
    where excluded.occurred_at > known.occurred_at
    -- xmax is 0 in a row that was inserted.
    returning summary_id, xmax <> 0 as is_correction
  )
  select count(*), array_agg(summary_id) filter (where is_correction)
  into stored_count, corrected from stored;
  perform bq_sync_enqueue_corrections('ai_summary_cache', corrected);
  return stored_count;
end
$$;

create function store_inferences(events json) returns bigint
language sql
as $$
  select store_events_as_rows('is21_logs', 'created_at', events)
$$;

create view bq_export_detection_logs as
select
  id as source_key,
  jsonb_build_object(
    'event_id', 'det_' || id, 'tid', tid, 'fid', fid, 'camera_lacis_id', camera_lacis_id,
    'detected_at', bq_timestamp(detected_at), 'severity', severity,
    'detection_type', detection_type, 'detection_detail', detection_detail::text,
    'tags', to_jsonb(tags), 'vehicle_ocr', vehicle_ocr::text,
    'face_features', face_features::text, 'snapshot_url', snapshot_url,
    'source_device', source_device, 'ingested_at', bq_timestamp(now())) as document
from detection_logs;

create view bq_export_ai_summary_cache as
select
  summary_id as source_key,
  jsonb_build_object(
    'summary_id', 'SUM-' || summary_id, 'tid', tid, 'fid', fid, 'summary_type', summary_type,
    'period_start', bq_timestamp(period_start), 'period_end', bq_timestamp(period_end),
    'summary_text', summary_text, 'summary_json', summary_json::text,
    'detection_count', detection_count, 'severity_max', severity_max,
    'camera_ids', to_jsonb(camera_ids), 'created_at', bq_timestamp(created_at),
    'ingested_at', bq_timestamp(now())) as document
from ai_summary_cache;

create view bq_export_is21_logs as
select
  id as source_key,
  jsonb_build_object(
    'inference_id', 'inf_' || id, 'tid', tid, 'fid', fid, 'camera_lacis_id', camera_lacis_id,
    'model_name', model_name, 'model_version', model_version, 'inference_type', inference_type,
    'latency_ms', latency_ms, 'detection_count', detection_count, 'confidence', confidence,
    'success', success, 'error_message', error_message, 'result', result::text,
    'created_at', bq_timestamp(created_at), 'ingested_at', bq_timestamp(now())) as document
from is21_logs;

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, insert_id_form, id_column,
  version_column, partition_column, clustering, retention_column)
values
  ('detection_logs', 'id', 'bq_export_detection_logs', 'semantic_events', 'det_{id}', 'event_id',
    'ingested_at', 'detected_at', '{tid,fid}', 'detected_at'),
  ('ai_summary_cache', 'summary_id', 'bq_export_ai_summary_cache', 'summaries', 'SUM-{id}',
    'summary_id', 'ingested_at', 'period_start', '{tid,fid}', 'created_at'),
  ('is21_logs', 'id', 'bq_export_is21_logs', 'inference_logs', 'inf_{id}', 'inference_id',
    'ingested_at', 'created_at', '{tid,fid}', 'created_at');

select bq_sync_install(source_table)
from unnest(array['detection_logs', 'ai_summary_cache', 'is21_logs']) as source_table;
