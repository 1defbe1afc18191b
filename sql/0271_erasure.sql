-- A learner's right to be forgotten: who has been erased lately, how far an erasure has come, and how rows go.
--
-- Which columns hold learners comes from the program's catalog of event kinds, never from a list here: a table
-- of a new kind is found by its column.

-- The key of the hashes below, made at the first use. It stays: with another, nobody erased would be known.
create table erasure_key (
  is_only boolean primary key default true check (is_only),
  key bytea not null,
  -- Grows with each change of erased_learners.
  version bigint not null default 0
);

-- Whose events are dropped, and until when. The learner is HMAC-SHA256 of the id under the key, in hexadecimal:
-- who knows an id can ask whether it is here, and nobody can read an id out of it.
create table erased_learners (
  learner text collate "C" primary key,
  erased_at timestamptz not null default now(),
  drops_until timestamptz not null
);

-- Erasures that are under way, or were finished while their learner is still in erased_learners.
create table erasures (
  learner text collate "C" primary key,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);

-- What an erasure has done in one place, such as journal, postgresql.students or bigquery.sessions.
create table erasure_steps (
  learner text collate "C" not null references erasures on delete cascade,
  step text collate "C" not null,
  removed bigint not null default 0,
  -- When nothing was left there; null while something may be.
  done_at timestamptz,
  -- Why it is not done yet, or was left out; nothing personal.
  note text,
  primary key (learner, step)
);

-- The tables with a column of one of these names, each with the condition that finds a learner's rows by
-- $1 (text[]), in the order in which rows have to go. Only tables that lie beside progress_events and have its
-- owner: nobody else's table is touched because it has such a column.
--
-- Where the column may be null, a row without a learner is its session's: a coach's search is the learner's own
-- words, though it names only the session. These go first, while the sessions are still known.
create function learner_tables(learner_columns text[])
returns table (table_name text, column_name text, condition text)
language sql stable
as $$
  with found as (
    select class.oid, class.relname::text as table_name, attribute.attname::text as column_name,
      attribute.attnotnull as is_required,
      exists (
        select from pg_attribute as other
        where other.attrelid = class.oid and other.attname = 'session_id' and not other.attisdropped
      ) as has_session,
      -- Its sessions are known by their id alone.
      exists (
        select from pg_index join pg_attribute as other
          on other.attrelid = class.oid and other.attnum = indkey[0]
        where indrelid = class.oid and indisprimary and indnkeyatts = 1
          and other.attname = 'session_id'
      ) as owns_sessions
    from pg_class as class
    join pg_class as events on events.oid = 'progress_events'::regclass
      and events.relnamespace = class.relnamespace and events.relowner = class.relowner
    join pg_attribute as attribute on attribute.attrelid = class.oid
    where class.relkind in ('r', 'p') and not class.relispartition
      and attribute.attname = any (learner_columns) and attribute.attnum > 0
      and not attribute.attisdropped
  ),
  sessions as (
    select string_agg(
      format('select session_id from %I where %I = any ($1)', table_name, column_name),
      ' union all ' order by table_name) as query
    from found where owns_sessions
  )
  select table_name, column_name,
    case when not is_required and has_session and query is not null
      then format('(%1$I = any ($1) or %1$I is null and session_id in (%2$s))', column_name, query)
      else format('%I = any ($1)', column_name) end
  from found cross join sessions
  order by is_required, owns_sessions, table_name, column_name
$$;

-- Takes a learner's rows off the mirror's queue, all but those that are being sent at this moment. Returns how
-- many these are: until they are settled, BigQuery may still get them.
create function unqueue_learner_rows(mirrored_table text, condition text, names text[]) returns bigint
language plpgsql
as $$
declare
  registered bq_sync_registry;
  removed bigint;
  in_flight bigint;
begin
  select * into registered from bq_sync_registry where source_table = mirrored_table;
  if not found then
    return 0;
  end if;
  execute format(
    $query$
      with theirs as materialized (select %1$I::text as key from %2$I where %3$s),
      gone as (
        delete from bq_sync_queue as queue using theirs
        where queue.source_table = %4$L and queue.source_key = theirs.key
          and (queue.claim is null or queue.ready_at <= now())
        returning 1
      )
      select (select count(*) from gone), (
        select count(*) from bq_sync_queue as queue join theirs on queue.source_key = theirs.key
        where queue.source_table = %4$L and queue.claim is not null and queue.ready_at > now())
    $query$, registered.key_column, mirrored_table, condition, mirrored_table)
  into removed, in_flight using names;
  if removed > 0 then
    insert into bq_sync_ledger (source_table, enqueued) values (mirrored_table, -removed);
  end if;
  return in_flight;
end
$$;

-- Takes events out of what is counted a second, so that a class's chart is what the others did.
create function subtract_activity(shares jsonb) returns void
language sql
as $$
  with share as materialized (
    select * from jsonb_to_recordset(shares) as share(
      course_id text collate "C", at timestamptz, events integer, executions integer,
      errors integer, help integer)
  ),
  gone as (
    delete from course_activity as known using share
    where known.course_id = share.course_id and known.at = share.at
    returning known.*
  ),
  summed as (
    select course_id, at, sum(events) as events, sum(executions) as executions,
      sum(errors) as errors, sum(help) as help
    from gone group by course_id, at
  )
  -- Workers have process ids above 0.
  insert into course_activity (course_id, at, writer, events, executions, errors, help)
  select course_id, at, 0, summed.events - share.events,
    greatest(0, summed.executions - share.executions), greatest(0, summed.errors - share.errors),
    greatest(0, summed.help - share.help)
  from summed join share using (course_id, at)
  where summed.events > share.events
$$;

-- Deletes some of a learner's rows, and what the mirror keeps of them; returns how many. The mirror's figures
-- stay in balance: a row that waited, or was given up, counts as never enqueued.
create function erase_learner_rows(
  erased_table text, condition text, names text[], batch_size integer
) returns bigint
language plpgsql
as $$
declare
  registered bq_sync_registry;
  keys text[];
  shares jsonb;
  deleted bigint;
begin
  select * into registered from bq_sync_registry where source_table = erased_table;
  if not found then
    execute format(
      'delete from %1$I where ctid = any (array(select ctid from %1$I where %2$s limit $2 for update))',
      erased_table, condition) using names, batch_size;
    get diagnostics deleted = row_count;
    return deleted;
  end if;
  if erased_table = 'progress_events' then
    execute format(
      $query$
        with gone as (
          delete from progress_events
          where ctid = any (array(select ctid from progress_events where %s limit $2 for update))
          returning *
        )
        select count(*), array_agg(event_id::text), (
          select jsonb_agg(share) from (
            select course_id, date_bin('1 second', occurred_at, 'epoch') as at, count(*) as events,
              count(*) filter (where event_type = 'cell_executed') as executions,
              count(*) filter (where event_type = 'cell_executed' and has_error) as errors,
              count(*) filter (where event_type = 'help') as help
            from gone group by 1, 2
          ) as share)
        from gone
      $query$, condition) into deleted, keys, shares using names, batch_size;
    if deleted > 0 then
      perform subtract_activity(shares);
    end if;
  else
    execute format(
      $query$
        with gone as (
          delete from %1$I
          where ctid = any (array(select ctid from %1$I where %2$s limit $2 for update))
          returning %3$I::text as key
        )
        select count(*), array_agg(key) from gone
      $query$, erased_table, condition, registered.key_column)
    into deleted, keys using names, batch_size;
  end if;
  if deleted > 0 then
    with queued as (
      delete from bq_sync_queue where source_table = erased_table and source_key = any (keys)
      returning 1
    ),
    given_up as (
      delete from bq_sync_failures where source_table = erased_table and source_key = any (keys)
      returning status = 'pending' and not is_on_queue as counts
    ),
    figures as (
      select (select count(*) from queued) as queued,
        (select count(*) from given_up where counts) as failed
    )
    insert into bq_sync_ledger (source_table, enqueued, failed)
    select erased_table, -queued - failed, -failed from figures where queued + failed > 0;
  end if;
  return deleted;
end
$$;

-- What is left of a learner where no column names one: courses and notebooks that nobody else was in, whose
-- names may be the learner's own; the places of the learner's documents in Firestore; reasons of rows that are
-- gone, which may quote the learner. Comes before the rows, which tell where the learner was.
create function erase_learner_places(names text[]) returns bigint
language plpgsql
as $$
declare
  alone text[];
  removed bigint;
  more bigint;
begin
  select array_agg(distinct course_id) into alone
  from enrollments as mine
  where student_id = any (names) and not exists (
    select from enrollments as other
    where other.course_id = mine.course_id and not other.student_id = any (names));
  delete from course_activity where course_id = any (alone);
  delete from courses where course_id = any (alone);
  get diagnostics removed = row_count;

  with mine as (
    select course_id, notebook_path from cell_progress where student_id = any (names)
    union
    select course_id, notebook_path from progress_events where student_id = any (names)
    union
    select course_id, current_notebook_path from enrollments
    where student_id = any (names) and current_notebook_path is not null
  ),
  candidates as materialized (
    select * from mine where not exists (
      select from cell_progress as other
      where other.course_id = mine.course_id and other.notebook_path = mine.notebook_path
        and not other.student_id = any (names))
  ),
  shared as materialized (
    select distinct other.course_id, other.notebook_path
    from progress_events as other join candidates using (course_id, notebook_path)
    where not other.student_id = any (names)
  )
  delete from notebooks using candidates
  where notebooks.course_id = candidates.course_id
    and notebooks.notebook_path = candidates.notebook_path
    and not exists (
      select from shared
      where shared.course_id = candidates.course_id
        and shared.notebook_path = candidates.notebook_path);
  get diagnostics more = row_count;
  removed := removed + more;

  delete from firestore_completions where string_to_array(document, '/') && names;
  get diagnostics more = row_count;
  removed := removed + more;
  -- The full pass begins anew.
  update firestore_sources set pass_document = null
  where string_to_array(pass_document, '/') && names;

  -- Whose row is still there is looked after with it.
  with given_up as (
    delete from bq_sync_failures as failure
    where exists (select from unnest(names) as name where strpos(failure.reason, name) > 0)
      and bq_sync_failed_document(failure) is null
    returning source_table, status = 'pending' and not is_on_queue as counts
  ),
  noted as (
    insert into bq_sync_ledger (source_table, enqueued, failed)
    select source_table, -count(*), -count(*) from given_up where counts group by source_table
    returning 1
  )
  select removed + count(*) into removed from given_up;
  return removed;
end
$$;
