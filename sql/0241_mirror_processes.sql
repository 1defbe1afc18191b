-- What each process that runs the mirror is at: the page that shows it is often served by another.
create table bq_sync_processes (
  process text collate "C" primary key,
  state text not null check (state in ('starting', 'waiting', 'running')),
  -- What it waits for, without a value of a row.
  reason text,
  since timestamptz not null default now(),
  heard_at timestamptz not null default now()
);

create function bq_sync_report(reporting text, new_state text, new_reason text) returns void
language sql
as $$
  insert into bq_sync_processes as known (process, state, reason)
  values (reporting, new_state, new_reason)
  on conflict (process) do update set
    state = excluded.state, reason = excluded.reason, heard_at = now(),
    since = case when known.state = excluded.state then known.since else now() end;
  -- Those that ended without a word.
  delete from bq_sync_processes where heard_at < now() - interval '1 day'
$$;
