-- Completed sessions of Firestore: how far the source has read, which completions are on the bus, and what
-- their documents are to be told.

-- One row a database of Firestore.
create table firestore_sources (
  -- projects/p/databases/d
  database text collate "C" primary key,
  -- The process that reads, as long as it says so in time.
  holder uuid,
  held_until timestamptz not null default '-infinity',
  -- The newest completion that was read, never in the future.
  read_until timestamptz,
  -- The full pass: the document that it came to, null while none is under way.
  pass_document text collate "C",
  passed_at timestamptz
);

-- What is on the bus. Rows outlive training_sessions, whose old rows are deleted: a full pass finds the
-- documents again.
create table firestore_completions (
  -- The document's full name.
  document text collate "C" primary key,
  event_id uuid not null,
  published_at timestamptz not null default now()
);

-- Completed sessions that are no valid events, as their documents were told.
create table firestore_refusals (
  session_key uuid primary key,
  reason text not null,
  refused_at timestamptz not null default now()
);

-- What sessions' documents are to be told. Nothing is queued until firestore_start_outcomes.
create table firestore_outcomes (
  session_key uuid primary key references training_sessions on delete cascade,
  -- Grows with each attempt to write the row to BigQuery.
  change bigint not null default 1,
  changed_at timestamptz not null default now(),
  -- The change that the document knows.
  told bigint not null default 0,
  ready_at timestamptz not null default now(),
  -- Calls of Firestore that failed for this change.
  failures integer not null default 0,
  -- When the record of its failure was made; null while there is none.
  failed_at timestamptz
) with (fillfactor = 80);

create index firestore_outcomes_ready on firestore_outcomes (ready_at) where told < change;

-- The newest failure of a row.
create index bq_sync_failures_source on bq_sync_failures (source_table, source_key, id);

create function firestore_note_sessions() returns trigger
language plpgsql
security definer set search_path from current
as $$
begin
  insert into firestore_outcomes as known (session_key)
  select session_key
  from new_rows as session join old_rows as before using (session_key)
  where (session.sync_status, session.sync_error, session.sync_retry_count)
    is distinct from (before.sync_status, before.sync_error, before.sync_retry_count)
  order by session_key
  on conflict (session_key) do update set
    change = known.change + 1, changed_at = now(), ready_at = now(), failures = 0;
  return null;
end
$$;

-- A failure that an operator clears is abandoned.
create function firestore_note_failures() returns trigger
language plpgsql
security definer set search_path from current
as $$
begin
  insert into firestore_outcomes as known (session_key)
  select distinct session.session_key
  from new_rows as failure join old_rows as before using (id)
  join training_sessions as session on session.session_key =
    case when failure.source_table = 'training_sessions' then failure.source_key::uuid end
  where failure.status = 'abandoned' and before.status <> 'abandoned'
  order by session.session_key
  on conflict (session_key) do update set
    change = known.change + 1, changed_at = now(), ready_at = now(), failures = 0;
  return null;
end
$$;

-- Notes outcomes from now on, and those that there are; does nothing when it has been done.
--
-- With the rights of the tables' owner, as bq_sync_start_queue.
create function firestore_start_outcomes() returns void
language plpgsql
security definer set search_path from current
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('firestore_start_outcomes', 0));
  if exists (
    select from pg_trigger
    where tgrelid = 'training_sessions'::regclass and tgname = 'firestore_note_sessions')
  then
    return;
  end if;
  create trigger firestore_note_sessions after update on training_sessions
    referencing old table as old_rows new table as new_rows for each statement
    execute function firestore_note_sessions();
  create trigger firestore_note_failures after update on bq_sync_failures
    referencing old table as old_rows new table as new_rows for each statement
    execute function firestore_note_failures();
  insert into firestore_outcomes (session_key, changed_at)
  select session_key, coalesce(synced_at, now()) from training_sessions
  where sync_status <> 'pending' or sync_error is not null
  on conflict do nothing;
end
$$;

-- For who turns the source off for good.
create function firestore_stop_outcomes() returns void
language sql
as $$
  drop trigger if exists firestore_note_sessions on training_sessions;
  drop trigger if exists firestore_note_failures on bq_sync_failures
$$;

-- Takes outcomes that documents are to be told, for as long as the lease.
create function firestore_claim_outcomes(batch_size integer, lease interval) returns table (
  session_key uuid, change bigint, changed_at text, user_id text, session_id text,
  sync_status text, synced_at text, sync_error text, attempts integer, is_abandoned boolean,
  failed_at text, has_record boolean
)
language sql
as $$
  with ready as materialized (
    select session_key from firestore_outcomes
    where told < change and ready_at <= now()
    order by ready_at limit batch_size
    for update skip locked
  ),
  claimed as (
    update firestore_outcomes as outcome set ready_at = now() + lease
    from ready where outcome.session_key = ready.session_key
    returning outcome.*
  )
  select
    claimed.session_key, claimed.change, bq_timestamp(claimed.changed_at), session.user_id,
    session.session_id, session.sync_status, bq_timestamp(session.synced_at), session.sync_error,
    greatest(session.sync_retry_count, failure.attempts),
    coalesce(failure.status = 'abandoned', false),
    bq_timestamp(coalesce(claimed.failed_at, refusal.refused_at, claimed.changed_at)),
    claimed.failed_at is not null or refusal.refused_at is not null
  from claimed
  join training_sessions as session using (session_key)
  left join firestore_refusals as refusal using (session_key)
  left join lateral (
    select attempts, status from bq_sync_failures
    where source_table = 'training_sessions' and source_key = claimed.session_key::text
    order by id desc limit 1
  ) as failure on true
$$;

-- Notes that a document knows a change. An outcome that has changed since stays to be told.
create function firestore_settle_outcome(
  settled_key uuid, settled_change bigint, record_made_at timestamptz
) returns void
language sql
as $$
  update firestore_outcomes set
    told = greatest(told, settled_change), failures = 0,
    ready_at = case when change > settled_change then now() else ready_at end,
    failed_at = record_made_at
  where session_key = settled_key;
  delete from firestore_refusals where session_key = settled_key
$$;
