-- The mirror's first start holds no writer up. It queued all that was stored in the statement that made the
-- trigger, and whoever wrote to the table waited for it. Now the trigger comes first, by itself, and what was
-- stored before is queued behind it, some keys at a time.

-- Tables whose rows from before their queue began are not all queued yet.
create table bq_sync_backfills (
  source_table text collate "C" primary key,
  -- Keys up to this one were looked at; null before the first step.
  after_key text
);

-- Queues all new rows of a table from now on; does nothing when it has been done. Replaces the text in 0100.
--
-- A trigger waits for the writers that are under way, and new ones wait behind it: rather than hold them up
-- for long, it gives up (lock_not_available), and whoever called it tries again. Nothing is committed before
-- the trigger that a later snapshot does not see, so the steps of bq_sync_backfill miss no row.
--
-- With the rights of the tables' owner: the mirror need not own them.
create or replace function bq_sync_start_queue(mirrored_table text) returns void
language plpgsql
security definer set search_path from current set lock_timeout = '200ms'
as $$
declare
  registered bq_sync_registry;
begin
  select * into strict registered from bq_sync_registry where source_table = mirrored_table;
  -- Processes that start at the same time come one after the other.
  perform pg_advisory_xact_lock(hashtextextended('bq_sync_start_queue ' || mirrored_table, 0));
  if bq_sync_has_queue(mirrored_table) then
    return;
  end if;
  execute format(
    'create trigger bq_sync_enqueue after insert on %I '
    'referencing new table as inserted_rows for each statement '
    'execute function bq_sync_enqueue_inserted(%L)', mirrored_table, registered.key_column);
  insert into bq_sync_backfills (source_table) values (mirrored_table)
  on conflict (source_table) do update set after_key = null;
end
$$;

-- Looks at the next rows of a table, by key, and queues those that BigQuery does not have. Returns whether
-- there are more. Locks nothing that a writer needs; processes that do so at the same time take turns.
create function bq_sync_backfill(mirrored_table text, step_size integer) returns boolean
language plpgsql
security definer set search_path from current
as $$
declare
  registered bq_sync_registry;
  progress bq_sync_backfills;
  looked_at bigint;
  row_count bigint;
  last_key text;
begin
  select * into strict registered from bq_sync_registry where source_table = mirrored_table;
  select * into progress from bq_sync_backfills where source_table = mirrored_table for update;
  if not found then
    return false;
  end if;
  -- Rows may be queued by the trigger, or have been given up, from the time before bq_sync_stop_queue.
  execute format(
    $query$
      with step as materialized (
        select %2$I as key, synced_to_bq from %1$I where %4$s order by %2$I limit $2
      ),
      queued as (
        insert into bq_sync_queue (source_table, source_key)
        select %3$L, source.key
        from (select key::text as key from step where not synced_to_bq order by step.key) as source
        where not exists (select from bq_sync_queue as queued
            where queued.source_table = %3$L and queued.source_key = source.key)
          and not exists (select from bq_sync_failures as failure
            where failure.source_table = %3$L and failure.source_key = source.key
              and failure.status = 'pending')
        returning 1
      )
      select (select count(*) from step), (select count(*) from queued),
        (select key::text from step order by step.key desc limit 1)
    $query$,
    mirrored_table, registered.key_column, mirrored_table,
    case when progress.after_key is null then 'true'
      else format('%I > $1::%s', registered.key_column, bq_sync_key_type(registered)) end)
  into looked_at, row_count, last_key using progress.after_key, step_size;
  if row_count > 0 then
    insert into bq_sync_ledger (source_table, enqueued) values (mirrored_table, row_count);
  end if;
  if looked_at < step_size then
    delete from bq_sync_backfills where source_table = mirrored_table;
    return false;
  end if;
  update bq_sync_backfills set after_key = last_key where source_table = mirrored_table;
  return true;
end
$$;
