-- What operators do: failures, and old rows.

-- Puts failures back on the queue, all or those that are named, and returns how many.
create function bq_sync_retry_failures(named bigint[] default null) returns bigint
language sql
as $$
  with chosen as (
    select id from bq_sync_failures
    where status = 'pending' and not is_on_queue and (named is null or id = any (named))
    for update skip locked
  ),
  marked as (
    update bq_sync_failures as failure set is_on_queue = true, last_retry_at = now()
    from chosen where failure.id = chosen.id
    returning failure.id, failure.source_table, failure.source_key
  ),
  queued as (
    insert into bq_sync_queue (source_table, source_key, failure_id)
    select source_table, source_key, id from marked order by id
    returning source_table
  ),
  noted as (
    insert into bq_sync_ledger (source_table, failed)
    select source_table, -count(*) from queued group by source_table
    returning 1
  )
  select count(*) from queued
$$;

-- Forgets failures, all or those that are named: their rows are not tried again, and count as never
-- enqueued. Returns how many.
create function bq_sync_clear_failures(named bigint[] default null) returns bigint
language sql
as $$
  with chosen as (
    select id from bq_sync_failures
    where status = 'pending' and not is_on_queue and (named is null or id = any (named))
    for update skip locked
  ),
  cleared as (
    update bq_sync_failures as failure set status = 'abandoned', resolved_at = now()
    from chosen where failure.id = chosen.id
    returning failure.source_table
  ),
  noted as (
    insert into bq_sync_ledger (source_table, enqueued, failed)
    select source_table, -count(*), -count(*) from cleared group by source_table
    returning 1
  )
  select count(*) from cleared
$$;

-- The row of a failure as BigQuery was to get it, but with the learner in the open; null when it is gone.
create function bq_sync_failed_document(failure bq_sync_failures) returns text
language plpgsql stable
as $$
declare
  registered bq_sync_registry;
  document text;
begin
  select * into strict registered from bq_sync_registry
  where source_table = failure.source_table;
  execute format(
    'select document::text from %I where source_key = $1::%s',
    registered.export_view, bq_sync_key_type(registered))
  into document using failure.source_key;
  return document;
end
$$;

-- Deletes some rows that are older than the cutoff and in BigQuery; returns how many.
create function bq_sync_expire(expired_table text, cutoff timestamptz, batch_size integer)
returns bigint
language plpgsql
as $$
declare
  registered bq_sync_registry;
  deleted bigint;
begin
  select * into strict registered from bq_sync_registry where source_table = expired_table;
  execute format(
    'delete from %1$I where synced_to_bq and ctid = any (array(select ctid from %1$I '
    'where synced_to_bq and %2$I < $1 limit $2 for update skip locked))',
    expired_table, registered.retention_column)
  using cutoff, batch_size;
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
