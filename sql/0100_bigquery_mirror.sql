-- The queue between PostgreSQL and BigQuery.
--
-- A statement-level trigger on each mirrored table puts the keys of new rows on bq_sync_queue in the
-- transaction that made them: nothing can be committed and not queued. Which tables are mirrored, and
-- how, is data: a row of bq_sync_registry and a call of bq_sync_install.
--
-- A mirror that starts for the first time starts the queues: until then nobody pays for the triggers,
-- and no queue grows that nobody empties. Rows that were stored before are queued then.
--
-- At every moment, in every snapshot: enqueued = synced + pending + failed, where pending is the number
-- of rows on the queue. The figures are kept in bq_sync_ledger and bq_sync_totals, in the transactions
-- that move the rows, so that nobody has to count a queue of a million rows.

create table bq_sync_registry (
  source_table text collate "C" primary key,
  -- The source table's primary key, one column.
  key_column text not null,
  -- A view with the columns source_key (of the key's type) and document (jsonb: the row, by the names
  -- and types that BigQuery wants).
  export_view text not null,
  -- The BigQuery dataset; null for the configured one.
  dataset text,
  bigquery_table text not null,
  -- The insertId, {id} standing for the source row's key; id_column holds the same value.
  insert_id_form text not null default '{id}' check (position('{id}' in insert_id_form) > 0),
  id_column text not null,
  -- Of the rows with one id, the dedup view shows the one with the greatest value here.
  version_column text,
  partition_column text not null,
  partition_expiration_days integer check (partition_expiration_days > 0),
  requires_partition_filter boolean not null default false,
  clustering text[] not null default '{}' check (cardinality(clustering) <= 4),
  -- Members of the document that leave as SHA-256 of value and salt.
  pseudonymised_columns text[] not null default '{}',
  -- The column of the source table that retention goes by.
  retention_column text not null,
  -- Whether the source table has the columns sync_status, sync_error and sync_retry_count.
  shows_state boolean not null default false,
  -- BigQuery's schema (the API's schema.fields) for a table that the event catalog does not declare.
  schema_fields jsonb check (jsonb_typeof(schema_fields) = 'array')
);

create sequence bq_sync_queue_id as bigint;

create table bq_sync_queue (
  source_table text collate "C" not null,
  id bigint not null default nextval('bq_sync_queue_id'),
  source_key text collate "C" not null,
  enqueued_at timestamptz not null default now(),
  -- When the row may be taken: at once, after a wait, or when a claim has run out.
  ready_at timestamptz not null default now(),
  -- The process and batch that holds the row until ready_at.
  claim uuid,
  attempts integer not null default 0,
  last_error text,
  -- The row was in BigQuery once and has changed since: its insertId must differ from the first.
  is_correction boolean not null default false,
  -- The failure that this row is another try of.
  failure_id bigint,
  primary key (source_table, id)
) with (
  fillfactor = 70,
  -- A queue lives on dead rows being swept soon.
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000
);

create index bq_sync_queue_ready on bq_sync_queue (source_table, ready_at);

create table bq_sync_failures (
  id bigint generated always as identity primary key,
  source_table text collate "C" not null,
  source_key text collate "C" not null,
  -- As BigQuery gave it. May quote a value of the row: never logged.
  reason text not null,
  -- Reason and column alone, without a value of the row.
  public_reason text not null,
  attempts integer not null,
  status text not null default 'pending' check (status in ('pending', 'resolved', 'abandoned')),
  -- Put back on the queue, outcome still open.
  is_on_queue boolean not null default false,
  created_at timestamptz not null default now(),
  last_retry_at timestamptz,
  resolved_at timestamptz
);

create index bq_sync_failures_open on bq_sync_failures (source_table, source_key)
  where status = 'pending';

create table bq_sync_totals (
  source_table text collate "C" primary key,
  enqueued bigint not null default 0,
  synced bigint not null default 0,
  failed bigint not null default 0,
  last_success_at timestamptz,
  -- Without values of rows: shown by the status.
  last_error text,
  last_error_at timestamptz
);

-- Changes of the totals that are not in bq_sync_totals yet. Rows are only added, so that transactions
-- that write to a mirrored table do not queue for one another; bq_sync_fold adds them up.
create table bq_sync_ledger (
  source_table text collate "C" not null,
  enqueued bigint not null default 0,
  synced bigint not null default 0,
  failed bigint not null default 0
);

create view bq_sync_counts as
select
  registry.source_table,
  coalesce(sum(figures.enqueued), 0)::bigint as enqueued,
  coalesce(sum(figures.synced), 0)::bigint as synced,
  coalesce(sum(figures.failed), 0)::bigint as failed,
  coalesce(sum(figures.enqueued - figures.synced - figures.failed), 0)::bigint as pending
from bq_sync_registry as registry
left join (
  select source_table, enqueued, synced, failed from bq_sync_totals
  union all
  select source_table, enqueued, synced, failed from bq_sync_ledger
) as figures using (source_table)
group by registry.source_table;

-- Adds up the ledger. Several may run at once: each takes rows that no other has.
create function bq_sync_fold() returns void
language sql
as $$
  with taken as (
    delete from bq_sync_ledger
    where ctid = any (array(select ctid from bq_sync_ledger limit 100000 for update skip locked))
    returning source_table, enqueued, synced, failed
  ),
  summed as (
    select source_table, sum(enqueued) as enqueued, sum(synced) as synced, sum(failed) as failed
    from taken group by source_table order by source_table
  )
  insert into bq_sync_totals as known (source_table, enqueued, synced, failed)
  select source_table, enqueued, synced, failed from summed
  on conflict (source_table) do update set
    enqueued = known.enqueued + excluded.enqueued,
    synced = known.synced + excluded.synced,
    failed = known.failed + excluded.failed
$$;

-- INSERT … ON CONFLICT DO UPDATE: the transition table of an AFTER INSERT trigger holds the rows that
-- were inserted, not those that were updated. A function that changes a mirrored row calls
-- bq_sync_enqueue_corrections.
create function bq_sync_enqueue_inserted() returns trigger
language plpgsql
as $$
declare
  row_count bigint;
begin
  execute format(
    'insert into bq_sync_queue (source_table, source_key) select %L, %I::text from inserted_rows',
    tg_table_name, tg_argv[0]);
  get diagnostics row_count = row_count;
  if row_count > 0 then
    insert into bq_sync_ledger (source_table, enqueued) values (tg_table_name, row_count);
  end if;
  return null;
end
$$;

-- Queues rows that were mirrored, or are about to be, and have changed.
create function bq_sync_enqueue_corrections(changed_table text, keys text[]) returns void
language plpgsql
as $$
begin
  if cardinality(keys) > 0 and bq_sync_has_queue(changed_table) then
    insert into bq_sync_queue (source_table, source_key, is_correction)
    select changed_table, key, true from unnest(keys) as key;
    insert into bq_sync_ledger (source_table, enqueued) values (changed_table, cardinality(keys));
  end if;
end
$$;

-- Makes a table of the registry ready to be mirrored. Its queue starts with the others.
create function bq_sync_install(new_table text) returns void
language plpgsql
as $$
begin
  execute format(
    'alter table %I add column if not exists synced_to_bq boolean not null default false, '
    'add column if not exists synced_at timestamptz', new_table);
  insert into bq_sync_totals (source_table) values (new_table);
  if exists (select from bq_sync_registry where bq_sync_has_queue(source_table)) then
    perform bq_sync_start_queue(new_table);
  end if;
end
$$;

-- Whether new rows of a table are queued.
create function bq_sync_has_queue(mirrored_table text) returns boolean
language sql stable
as $$
  select exists (
    select from pg_trigger
    where tgrelid = to_regclass(quote_ident(mirrored_table)) and tgname = 'bq_sync_enqueue')
$$;

-- Queues the rows of a table that BigQuery does not have, and from then on all new ones; does nothing
-- when it has been done. Whoever writes to the table waits meanwhile, so that no row is missed.
--
-- With the rights of the tables' owner: the mirror need not own them.
create function bq_sync_start_queue(mirrored_table text) returns void
language plpgsql
security definer set search_path from current
as $$
declare
  registered bq_sync_registry;
  row_count bigint;
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
  -- Rows may be queued, or have been given up, from the time before bq_sync_stop_queue.
  execute format(
    'insert into bq_sync_queue (source_table, source_key) '
    'select %1$L, source.key from (select %2$I::text as key from %3$I where not synced_to_bq) as source '
    'where not exists (select from bq_sync_queue as queued '
    '  where queued.source_table = %1$L and queued.source_key = source.key) '
    'and not exists (select from bq_sync_failures as failure where failure.source_table = %1$L '
    '  and failure.source_key = source.key and failure.status = ''pending'')',
    mirrored_table, registered.key_column, mirrored_table);
  get diagnostics row_count = row_count;
  if row_count > 0 then
    insert into bq_sync_ledger (source_table, enqueued) values (mirrored_table, row_count);
  end if;
end
$$;

-- For who turns the mirror off for good: new rows are queued no more.
create function bq_sync_stop_queue(mirrored_table text) returns void
language plpgsql
as $$
begin
  execute format('drop trigger if exists bq_sync_enqueue on %I', mirrored_table);
end
$$;

-- A moment as BigQuery takes a TIMESTAMP: UTC, to the microsecond.
create function bq_timestamp(moment timestamptz) returns text
language sql immutable parallel safe
as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The same for a moment inside a JSON value, which may be anything. What is no moment stays as it is, for
-- BigQuery to refuse: an error here would hold up every row of the table.
create function bq_nested_timestamp(moment jsonb) returns jsonb
language plpgsql stable
as $$
begin
  if moment #>> '{}' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$' then
    return moment;
  end if;
  return to_jsonb(bq_timestamp((moment #>> '{}')::timestamptz));
exception when data_exception then
  return moment;
end
$$;
