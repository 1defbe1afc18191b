-- Messages, receipts and taken hands are personal, and of no use for long.

create index message_receipts_received on message_receipts using brin (received_at);
create index taken_hands_received on taken_hands using brin (received_at);

-- Deletes some of what is older than so many days, and returns how many rows that were. Several workers may at once.
create function delete_expired_messages(days integer, at_most integer) returns bigint
language plpgsql
set jit = off
as $$
declare
  latest constant timestamptz := now() - make_interval(days => days);
  deleted_count bigint := 0;
  count_here bigint;
begin
  delete from messages where event_id = any (array(
    select event_id from messages where received_at < latest limit at_most for update skip locked));
  get diagnostics count_here = row_count;
  deleted_count := deleted_count + count_here;
  delete from message_receipts where event_id = any (array(
    select event_id from message_receipts where received_at < latest limit at_most for update skip locked));
  get diagnostics count_here = row_count;
  deleted_count := deleted_count + count_here;
  delete from taken_hands where event_id = any (array(
    select event_id from taken_hands where received_at < latest limit at_most for update skip locked));
  get diagnostics count_here = row_count;
  return deleted_count + count_here;
end
$$;
