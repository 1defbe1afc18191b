-- Kinds whose events each become one row that never changes again.

-- Stores events in a table whose columns have the names of their fields. The row's id is the event's; a
-- moment that the sender left out is when the event occurred. Events that are stored already change
-- nothing. Returns how many rows are new.
create function store_events_as_rows(
  target_table regclass, moment_column text, events json
) returns bigint
language plpgsql
set jit = off
as $$
declare
  columns text;
  expressions text;
  stored_count bigint;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum),
    string_agg(
      case
        when attname = moment_column then format('coalesce(field.%I, occurred_at)', attname)
        -- Whoever leaves an array out means none.
        when typcategory = 'A' then format($text$coalesce(field.%I, '{}')$text$, attname)
        else format('field.%I', attname)
      end, ', ' order by attnum)
  into strict columns, expressions
  from pg_attribute join pg_type on pg_type.oid = atttypid
  where attrelid = target_table and attnum > 0 and not attisdropped
    -- The mirror's own.
    and attname not in ('id', 'synced_to_bq', 'synced_at');
  execute format(
    $query$
      insert into %1$s (id, %2$s)
      select distinct on (event_id) event_id::text, %3$s
      from rows from (
        json_to_recordset($1) as (event_id uuid, occurred_at timestamptz),
        json_populate_recordset(null::%1$s, $1)
      ) as field(event_id, occurred_at, %4$s)
      order by event_id
      on conflict (id) do nothing
    $query$,
    target_table, columns, expressions,
    (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
      where attrelid = target_table and attnum > 0 and not attisdropped))
  using events;
  get diagnostics stored_count = row_count;
  return stored_count;
end
$$;
