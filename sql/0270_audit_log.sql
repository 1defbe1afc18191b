-- Who did what, when, and to how many: one row when an administrative act begins, one when it has ended. An
-- act whose beginning cannot be written is not done, so there is no act without a row.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- token:SUBJECT, user:NAME (of the operating system, for commands), or anonymous with an address.
  actor text not null,
  -- What was done, such as dead-letters.purge. `progressbus audit` lists them.
  action text not null,
  -- To what. Holds nothing personal: an erased learner is here as a keyed hash (0261).
  target text,
  stage text not null check (stage in ('begun', 'done', 'failed')),
  -- The row of the beginning.
  begun bigint references audit_log,
  -- How many letters, rows, points; null until they are known.
  count bigint,
  -- Why it failed, or what there is to say beside; nothing personal.
  detail text,
  check ((stage = 'begun') = (begun is null))
);

create index audit_log_at on audit_log (at);
create index audit_log_begun on audit_log (begun) where begun is not null;

-- Rows are only ever added. Who owns the table can still drop the trigger; whoever may not, cannot.
create function refuse_audit_change() returns trigger
language plpgsql
as $$
begin
  raise exception 'rows of audit_log are never changed or deleted'
    using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_log_rows before update or delete on audit_log
  for each row execute function refuse_audit_change();
create trigger audit_log_truncate before truncate on audit_log
  for each statement execute function refuse_audit_change();
-- Also where triggers are switched off for a session (session_replication_role = replica).
alter table audit_log enable always trigger audit_log_rows;
alter table audit_log enable always trigger audit_log_truncate;
