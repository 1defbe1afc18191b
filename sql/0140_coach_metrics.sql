-- What the homework coach measures of itself: its agents, the emotions that it saw, its searches.

create table agent_metrics (
  id text collate "C" primary key default gen_random_uuid()::text,
  session_id text collate "C" not null,
  agent_name text not null,
  "timestamp" timestamptz not null default now(),
  action text not null,
  latency_ms bigint,
  tokens_used bigint,
  tool_name text,
  success boolean,
  error_message text,
  user_id text collate "C"
) with (fillfactor = 80);

create index agent_metrics_timestamp on agent_metrics ("timestamp");

create table emotion_analysis (
  id text collate "C" primary key default gen_random_uuid()::text,
  session_id text collate "C" not null,
  user_id text collate "C" not null,
  analyzed_at timestamptz not null default now(),
  emotion text not null,
  confidence double precision,
  frustration_level double precision,
  support_level_adjustment text,
  turn_id text
) with (fillfactor = 80);

create index emotion_analysis_analyzed on emotion_analysis (analyzed_at);

create table rag_metrics (
  id text collate "C" primary key default gen_random_uuid()::text,
  session_id text collate "C" not null,
  queried_at timestamptz not null default now(),
  corpus_id text collate "C" not null,
  query_text text,
  results_count bigint,
  top_relevance_score double precision,
  latency_ms bigint,
  used_in_response boolean,
  user_id text collate "C"
) with (fillfactor = 80);

create index rag_metrics_queried on rag_metrics (queried_at);

create function store_agent_metrics(events json) returns bigint
language sql
as $$
  select store_events_as_rows('agent_metrics', 'timestamp', events)
$$;

create function store_emotion_analyses(events json) returns bigint
language sql
as $$
  select store_events_as_rows('emotion_analysis', 'analyzed_at', events)
$$;

create function store_rag_metrics(events json) returns bigint
language sql
as $$
  select store_events_as_rows('rag_metrics', 'queried_at', events)
$$;

create view bq_export_agent_metrics as
select
  id as source_key,
  jsonb_build_object(
    'id', id, 'session_id', session_id, 'agent_name', agent_name,
    'timestamp', bq_timestamp("timestamp"), 'action', action, 'latency_ms', latency_ms,
    'tokens_used', tokens_used, 'tool_name', tool_name, 'success', success,
    'error_message', error_message, 'user_id', user_id) as document
from agent_metrics;

create view bq_export_emotion_analysis as
select
  id as source_key,
  jsonb_build_object(
    'id', id, 'session_id', session_id, 'user_id', user_id,
    'analyzed_at', bq_timestamp(analyzed_at), 'emotion', emotion, 'confidence', confidence,
    'frustration_level', frustration_level,
    'support_level_adjustment', support_level_adjustment, 'turn_id', turn_id) as document
from emotion_analysis;

create view bq_export_rag_metrics as
select
  id as source_key,
  jsonb_build_object(
    'id', id, 'session_id', session_id, 'queried_at', bq_timestamp(queried_at),
    'corpus_id', corpus_id, 'query_text', query_text, 'results_count', results_count,
    'top_relevance_score', top_relevance_score, 'latency_ms', latency_ms,
    'used_in_response', used_in_response, 'user_id', user_id) as document
from rag_metrics;

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, id_column, partition_column, clustering,
  retention_column)
values
  ('agent_metrics', 'id', 'bq_export_agent_metrics', 'agent_metrics', 'id', 'timestamp',
    '{agent_name,session_id}', 'timestamp'),
  ('emotion_analysis', 'id', 'bq_export_emotion_analysis', 'emotion_analysis', 'id',
    'analyzed_at', '{user_id,session_id}', 'analyzed_at'),
  ('rag_metrics', 'id', 'bq_export_rag_metrics', 'rag_metrics', 'id', 'queried_at',
    '{corpus_id}', 'queried_at');

select bq_sync_install(source_table)
from unnest(array['agent_metrics', 'emotion_analysis', 'rag_metrics']) as source_table;
