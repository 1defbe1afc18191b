-- A row that an operator has sent again, and that BigQuery refuses once more with the same words, leaves
-- training_sessions as it was: only its failure has one attempt more. The document is to be told that, too.
create or replace function firestore_note_failures() returns trigger
language plpgsql
security definer set search_path from current
as $$
begin
  insert into firestore_outcomes as known (session_key)
  select distinct session.session_key
  from new_rows as failure join old_rows as before using (id)
  join training_sessions as session on session.session_key =
    case when failure.source_table = 'training_sessions' then failure.source_key::uuid end
  where failure.attempts > before.attempts
    or failure.status = 'abandoned' and before.status <> 'abandoned'
  order by session.session_key
  on conflict (session_key) do update set
    change = known.change + 1, changed_at = now(), ready_at = now(), failures = 0;
  return null;
end
$$;
