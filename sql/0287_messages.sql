-- The way back: messages of teachers to learners, who was shown them, and raised hands that somebody has taken.
--
-- Nothing of this goes to BigQuery: the text is personal.

create table messages (
  event_id uuid primary key,
  -- In the order of commits (store_messages): a learner's client asks for what lies behind the newest it has.
  position bigint generated always as identity unique,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  course_id text collate "C" not null,
  recipient text not null,
  -- Of a message to one learner, or to one team.
  student_id text collate "C",
  team text,
  teacher text not null,
  text text not null,
  answers_hand boolean
);

create index messages_course on messages (course_id, position);
create index messages_learner on messages (student_id) where student_id is not null;
create index messages_received on messages using brin (received_at);

-- That a learner was shown a message, which may be stored before the message is.
create table message_receipts (
  event_id uuid primary key,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  course_id text collate "C" not null,
  message_id uuid not null,
  student_id text collate "C" not null
);

create index message_receipts_message on message_receipts (message_id, student_id);
create index message_receipts_learner on message_receipts (student_id);

-- A hand is known by its learner and the moment since which it is up. Who took it first has it.
create table taken_hands (
  event_id uuid primary key,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  asked_at timestamptz not null,
  teacher text not null
);

create index taken_hands_learner on taken_hands (student_id, course_id, asked_at);

-- Each stores a batch of its kind. The same event may come again, and twice in one batch.

create function store_messages(events json) returns bigint
language plpgsql
set jit = off
as $$
declare
  stored_count bigint;
begin
  -- One batch at a time, until its commit: whoever has read up to a position never finds one before it later.
  perform pg_advisory_xact_lock(hashtextextended('progressbus.messages', 0));
  insert into messages (
    event_id, occurred_at, received_at, course_id, recipient, student_id, team, teacher, text,
    answers_hand)
  select distinct on (event_id)
    event_id, occurred_at, received_at, course_id, recipient, student_id, team, teacher, text,
    answers_hand
  from json_populate_recordset(null::messages, events)
  order by event_id
  on conflict (event_id) do nothing;
  get diagnostics stored_count = row_count;
  return stored_count;
end
$$;

create function store_message_receipts(events json) returns bigint
language plpgsql
set jit = off
as $$
declare
  stored_count bigint;
begin
  insert into message_receipts
  select distinct on (event_id)
    event_id, occurred_at, received_at, course_id, message_id, student_id
  from json_populate_recordset(null::message_receipts, events)
  order by event_id
  on conflict (event_id) do nothing;
  get diagnostics stored_count = row_count;
  return stored_count;
end
$$;

create function store_taken_hands(events json) returns bigint
language plpgsql
set jit = off
as $$
declare
  stored_count bigint;
begin
  insert into taken_hands
  select distinct on (event_id)
    event_id, occurred_at, received_at, course_id, student_id, asked_at, teacher
  from json_populate_recordset(null::taken_hands, events)
  order by event_id
  on conflict (event_id) do nothing;
  get diagnostics stored_count = row_count;
  return stored_count;
end
$$;
