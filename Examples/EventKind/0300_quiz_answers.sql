-- What learners answered in quizzes.
create table quiz_answers (
  event_id uuid primary key,
  occurred_at timestamptz not null,
  question integer not null,
  is_correct boolean not null,
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  quiz_id text collate "C" not null,
  answer text
);

-- Stores a batch of `quiz_answered`. The same event may come again, and twice in one batch.
create function store_quiz_answers(events json) returns bigint
language plpgsql
as $$
declare
  stored_count bigint;
begin
  insert into quiz_answers (
    event_id, occurred_at, question, is_correct, course_id, student_id, quiz_id, answer)
  select distinct on (event_id)
    event_id, occurred_at, question, is_correct, course_id, student_id, quiz_id, answer
  from json_to_recordset(events) as event(
    event_id uuid, occurred_at timestamptz, question integer, is_correct boolean, course_id text,
    student_id text, quiz_id text, answer text)
  order by event_id
  on conflict (event_id) do nothing;
  get diagnostics stored_count = row_count;
  return stored_count;
end
$$;
