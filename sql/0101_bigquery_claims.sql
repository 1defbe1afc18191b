-- How a process takes rows off the queue, makes its call, and writes down what came of it.

-- The type of a mirrored table's key, for casts of source_key.
create function bq_sync_key_type(registered bq_sync_registry) returns text
language sql stable
as $$
  select format_type(atttypid, null) from pg_attribute
  where attrelid = registered.source_table::regclass and attname = registered.key_column
$$;

-- Takes rows that are ready, for as long as the lease, and reads them through the export view. The
-- members that leave as pseudonyms come apart from the document. A row whose source is gone has no
-- document. No transaction stays open while BigQuery answers: a lease that runs out makes the rows
-- ready again.
create function bq_sync_claim(
  claimed_table text, claim_token uuid, batch_size integer, lease interval
) returns table (
  id bigint, source_key text, attempts integer, is_correction boolean, document text, identities text
)
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  registered bq_sync_registry;
begin
  select * into strict registered from bq_sync_registry where source_table = claimed_table;
  return query execute format(
    $query$
      with ready as materialized (
        select queue.id from bq_sync_queue as queue
        where queue.source_table = $1 and queue.ready_at <= now()
        order by queue.ready_at limit $3
        for update skip locked
      ),
      claimed as materialized (
        update bq_sync_queue as queue set claim = $2, ready_at = now() + $4
        from ready where queue.source_table = $1 and queue.id = ready.id
        returning queue.id, queue.source_key, queue.attempts, queue.is_correction
      )
      select claimed.id, claimed.source_key, claimed.attempts, claimed.is_correction,
        (exported.document - $5)::text,
        (select jsonb_object_agg(name, exported.document -> name)::text from unnest($5) as name)
      from claimed left join %I as exported on exported.source_key = claimed.source_key::%s
      order by claimed.id
    $query$,
    registered.export_view, bq_sync_key_type(registered))
  using claimed_table, claim_token, batch_size, lease, registered.pseudonymised_columns;
end
$$;

-- Holds the rows of a claim longer. Returns how many are still held.
create function bq_sync_renew(claimed_table text, claim_token uuid, ids bigint[], lease interval)
returns bigint
language sql
as $$
  with renewed as (
    update bq_sync_queue set ready_at = now() + lease
    where source_table = claimed_table and id = any (ids) and claim = claim_token
    returning 1
  )
  select count(*) from renewed
$$;

-- Ends a claim. Verdicts: [{"id", "verdict": "synced" | "retry" | "failed", "reason", "public_reason",
-- "delay" (seconds), "counts" (as an attempt)}]. Rows that another process holds by now are left to it.
-- public_error is what the status shows; it holds no value of a row.
create function bq_sync_settle(
  settled_table text, claim_token uuid, verdicts jsonb, public_error text
) returns table (synced bigint, retried bigint, failed bigint)
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
  registered bq_sync_registry;
  key_type text;
  held jsonb;
  synced_keys text[];
  resolved_failures bigint := 0;
begin
  select * into strict registered from bq_sync_registry where source_table = settled_table;
  key_type := bq_sync_key_type(registered);

  with verdict as (
    select * from jsonb_to_recordset(verdicts) as verdict(
      id bigint, verdict text, reason text, public_reason text, delay double precision,
      counts boolean)
  ),
  waiting as (
    update bq_sync_queue as queue set
      claim = null, ready_at = now() + verdict.delay * interval '1 second',
      attempts = attempts + verdict.counts::integer, last_error = verdict.reason
    from verdict
    where queue.source_table = settled_table and queue.id = verdict.id
      and queue.claim = claim_token and verdict.verdict = 'retry'
    returning queue.source_key, queue.attempts, queue.failure_id, verdict.verdict, verdict.reason,
      verdict.public_reason
  ),
  done as (
    delete from bq_sync_queue as queue using verdict
    where queue.source_table = settled_table and queue.id = verdict.id
      and queue.claim = claim_token and verdict.verdict in ('synced', 'failed')
    returning queue.source_key, queue.attempts + coalesce(verdict.counts::integer, 0),
      queue.failure_id, verdict.verdict, verdict.reason, verdict.public_reason
  )
  select coalesce(jsonb_agg(held_row), '[]') into held
  from (
    select * from waiting union all select * from done
  ) as held_row(source_key, attempts, failure_id, verdict, reason, public_reason);

  select
    count(*) filter (where verdict = 'synced'), count(*) filter (where verdict = 'retry'),
    count(*) filter (where verdict = 'failed'),
    array_agg(source_key) filter (where verdict = 'synced')
  into synced, retried, failed, synced_keys
  from jsonb_to_recordset(held) as held_row(source_key text, verdict text);

  if synced > 0 then
    execute format(
      'update %I set synced_to_bq = true, synced_at = now() where %I = any ($1::%s[])',
      settled_table, registered.key_column, key_type)
    using synced_keys;
    -- Failures of these rows that are still open are resolved; those not on the queue were counted as
    -- failed until now.
    with resolved as (
      update bq_sync_failures as failure
      set status = 'resolved', resolved_at = now(), is_on_queue = false
      from bq_sync_failures as before
      where failure.id = before.id and failure.status = 'pending'
        and failure.source_table = settled_table and failure.source_key = any (synced_keys)
        and (not failure.is_on_queue or failure.id in (
          select failure_id from jsonb_to_recordset(held) as held_row(
            failure_id bigint, verdict text) where verdict = 'synced'))
      returning before.is_on_queue
    )
    select count(*) filter (where not is_on_queue) into resolved_failures from resolved;
  end if;

  if failed > 0 then
    with given_up as (
      select * from jsonb_to_recordset(held) as held_row(
        source_key text, attempts integer, failure_id bigint, verdict text, reason text,
        public_reason text)
      where verdict = 'failed'
    ),
    repeated as (
      update bq_sync_failures as failure set
        is_on_queue = false, reason = given_up.reason, public_reason = given_up.public_reason,
        attempts = failure.attempts + given_up.attempts
      from given_up where failure.id = given_up.failure_id
      returning 1
    )
    insert into bq_sync_failures (source_table, source_key, reason, public_reason, attempts)
    select settled_table, source_key, reason, public_reason, attempts
    from given_up where failure_id is null;
  end if;

  if registered.shows_state then
    execute format(
      $query$
        update %1$I as source set
          sync_status = case held_row.verdict
            when 'synced' then 'synced' when 'failed' then 'failed' else 'pending' end,
          sync_error = case when held_row.verdict <> 'synced' then held_row.reason end,
          sync_retry_count = case
            when held_row.verdict = 'synced' then source.sync_retry_count else held_row.attempts end
        from jsonb_to_recordset($1) as held_row(
          source_key text, attempts integer, verdict text, reason text)
        where source.%2$I = held_row.source_key::%3$s
      $query$, settled_table, registered.key_column, key_type)
    using held;
  end if;

  if synced > 0 or failed > 0 then
    insert into bq_sync_ledger (source_table, synced, failed)
    values (settled_table, synced + resolved_failures, failed - resolved_failures);
  end if;
  if synced > 0 or public_error is not null then
    insert into bq_sync_totals as known (source_table, last_success_at, last_error, last_error_at)
    values (settled_table, case when synced > 0 then now() end, public_error,
      case when public_error is not null then now() end)
    on conflict (source_table) do update set
      last_success_at = coalesce(excluded.last_success_at, known.last_success_at),
      last_error = coalesce(excluded.last_error, known.last_error),
      last_error_at = coalesce(excluded.last_error_at, known.last_error_at);
  end if;
  return next;
end
$$;

-- The calls to BigQuery that may be made in any one second, by all processes together: each slot serves
-- one call a second.
create table bq_sync_call_slots (
  slot integer primary key,
  free_at timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- Takes the slot that is free first, and returns in how many seconds the call may begin.
create function bq_sync_admit_call(calls_per_second integer) returns double precision
language plpgsql
as $$
declare
  begins_at timestamptz;
begin
  loop
    with first as materialized (
      select slot from bq_sync_call_slots where slot <= calls_per_second
      order by free_at limit 1 for update skip locked
    )
    update bq_sync_call_slots as known
    -- A little over a second: of two calls, the first may be later than planned.
    set free_at = greatest(known.free_at, clock_timestamp()) + interval '1.02 s'
    from first
    where known.slot = first.slot
    returning known.free_at - interval '1.02 s' into begins_at;
    exit when found;
    -- There are none yet, or others are taking all of them at this moment.
    insert into bq_sync_call_slots (slot) select generate_series(1, calls_per_second)
    on conflict do nothing;
  end loop;
  return greatest(0, extract(epoch from begins_at - clock_timestamp()));
end
$$;
