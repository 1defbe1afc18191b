-- Notebook events in the warehouse. The learner leaves as a pseudonym (student_id_hash); a learner's
-- name, code and results do not leave at all.

-- A row is written again when it has been mirrored: room in the page keeps that cheap (HOT).
alter table progress_events set (fillfactor = 80);

-- Takes a learner's id and name, and whatever looks like an e-mail address, out of a text.
create function bq_without_learner(content text, learner_id text, learner_name text) returns text
language sql immutable parallel safe
as $$
  select regexp_replace(
    replace(
      case when length(learner_name) > 1 then replace(content, learner_name, '[name]') else content end,
      case when length(learner_id) > 2 then learner_id else E'\x01' end, '[learner]'),
    '[^\s@/\\"''<>(),:;=]+@[^\s@/\\"''<>(),:;=]+\.[[:alpha:]]{2,}', '[e-mail]', 'g')
$$;

create view bq_export_progress_events as
select
  event.event_id as source_key,
  jsonb_build_object(
    'event_id', event.event_id, 'event_type', event.event_type,
    'occurred_at', bq_timestamp(event.occurred_at), 'received_at', bq_timestamp(event.received_at),
    'course_id', event.course_id, 'student_id_hash', event.student_id,
    'team', bq_without_learner(event.team, event.student_id, student.student_name),
    'session_id', bq_without_learner(event.session_id, event.student_id, student.student_name),
    'notebook_path',
      bq_without_learner(event.notebook_path, event.student_id, student.student_name),
    'cell_id', event.cell_id, 'cell_index', event.cell_index, 'cell_type', event.cell_type,
    'execution_count', event.execution_count, 'has_error', event.has_error,
    'error_name', bq_without_learner(event.error_name, event.student_id, student.student_name),
    'error_message',
      bq_without_learner(event.error_message, event.student_id, student.student_name),
    'duration_ms', event.duration_ms,
    'attributes', (
      select jsonb_object_agg(
        bq_without_learner(key, event.student_id, student.student_name),
        case when jsonb_typeof(value) = 'string' then to_jsonb(
          bq_without_learner(value #>> '{}', event.student_id, student.student_name))
        when value #>> '{}' = event.student_id then to_jsonb('[learner]'::text)
        else value end)
      from jsonb_each(
        case when jsonb_typeof(event.attributes) = 'object' then event.attributes end)
    )::text
  ) as document
from progress_events as event left join students as student using (student_id);

insert into bq_sync_registry (
  source_table, key_column, export_view, bigquery_table, id_column, version_column,
  partition_column, clustering, pseudonymised_columns, retention_column)
values (
  'progress_events', 'event_id', 'bq_export_progress_events', 'progress_events', 'event_id',
  'received_at', 'occurred_at', '{course_id,event_type}', '{student_id_hash}', 'received_at');

select bq_sync_install('progress_events');
