-- What learners do in their notebooks: every event, and what teachers look at, kept up to date as the
-- events come in (0002).
--
-- Identifiers use the collation "C": they are compared byte by byte, which is what equality needs and
-- much faster in indexes than a language's order.
--
-- There are no foreign keys between these tables. Only the functions in 0002 write them, all in one
-- transaction, and a check of four keys an event would cost more than the insert itself.

create table students (
  student_id text collate "C" primary key,
  -- The learner's name is here and nowhere else.
  student_name text,
  -- The event that brought the name; a later use is noted in enrollments.named_at.
  named_at timestamptz not null default '-infinity'
);

create table courses (
  course_id text collate "C" primary key,
  first_seen_at timestamptz not null
);

create table notebooks (
  course_id text collate "C" not null,
  notebook_path text collate "C" not null,
  first_seen_at timestamptz not null,
  primary key (course_id, notebook_path)
);

-- Every event, once. Columns stand in the order that wastes no padding.
create table progress_events (
  event_id uuid primary key,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  duration_ms double precision check (duration_ms >= 0),
  cell_index integer check (cell_index >= 0),
  execution_count integer check (execution_count >= 0),
  has_error boolean,
  event_type text collate "C" not null,
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  notebook_path text collate "C" not null,
  team text,
  session_id text,
  cell_id text collate "C",
  cell_type text,
  error_name text,
  error_message text,
  code text,
  result text,
  attributes jsonb
);

-- A learner's timeline. The course comes last: within a learner's entries the time alone tells two apart,
-- and this index is most of what an insert costs. A query for one course passes over those of another
-- without a look at the table.
create index progress_events_timeline on progress_events (student_id, occurred_at, course_id);

-- When a request for help began (help is repeated while the request stands), and whether the last that
-- was heard of a learner is that the notebook was closed. One index for both: each costs every event a look
-- at its condition.
create index progress_events_help on progress_events (course_id, student_id, occurred_at)
  where event_type in ('help', 'help_stop', 'notebook_closed');

-- Finds old rows for retention; tiny, because rows arrive in about this order.
create index progress_events_received on progress_events using brin (received_at);

-- A learner in a course. Rows change often: none of the columns that do is in an index and the pages
-- have room, so that updates stay in the page (HOT).
create table enrollments (
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- The newest event that told the learner's name.
  named_at timestamptz,
  team text,
  team_at timestamptz,
  executions bigint not null,
  errors bigint not null,
  last_executed_at timestamptz,
  last_success_at timestamptz,
  -- Where the learner is: the cell of the last execution.
  current_notebook_path text collate "C",
  current_cell text collate "C",
  -- When the request for help that stands began; null when the learner asks for none.
  help_asked_at timestamptz,
  help_stopped_at timestamptz,
  primary key (course_id, student_id)
) with (fillfactor = 70);

create index enrollments_student on enrollments (student_id);

-- A learner's work on one cell. Changes as often as enrollments, and is laid out the same way.
create table cell_progress (
  course_id text collate "C" not null,
  notebook_path text collate "C" not null,
  -- The cell's id or, without one, its index.
  cell text collate "C" not null,
  student_id text collate "C" not null,
  cell_index integer,
  executions integer not null,
  errors integer not null,
  -- Errors since the last success. Null only while a batch is being stored.
  consecutive_errors integer,
  first_executed_at timestamptz not null,
  last_executed_at timestamptz not null,
  first_success_at timestamptz,
  last_success_at timestamptz,
  last_error_at timestamptz,
  last_error_name text,
  last_error_message text,
  last_execution_count integer,
  last_duration_ms double precision,
  total_duration_ms double precision not null,
  -- The column that differs most comes first, so that few comparisons look at the others. Its beginning
  -- serves what is asked about one learner.
  primary key (student_id, course_id, notebook_path, cell)
) with (fillfactor = 70);

-- What is asked about a class.
create index cell_progress_notebook on cell_progress (course_id, notebook_path);
