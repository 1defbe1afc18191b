-- Rosters: who is in a course, as a teacher's list says. No event has to do with them.
--
-- Rows of a learner are found by their column, as everywhere (0271): a copy and an erasure have them.

create table roster_learners (
  course_id text collate "C" not null,
  student_id text collate "C" not null,
  -- Null where the list has none.
  student_name text,
  team text,
  listed_at timestamptz not null default now(),
  primary key (course_id, student_id)
);

create index roster_learners_student on roster_learners (student_id);

-- Puts a list in the place of the course's roster; each learner of it is an object as a row here. Returns how many they are.
create function store_roster(course text, learners jsonb) returns integer
language plpgsql
as $$
declare
  stored integer;
begin
  -- One list of a course at a time.
  perform pg_advisory_xact_lock(hashtextextended('progressbus.rosters ' || course, 0));
  delete from roster_learners where course_id = course;
  insert into roster_learners (course_id, student_id, student_name, team)
  select course, student_id, student_name, team
  from jsonb_to_recordset(learners) as learner(student_id text, student_name text, team text);
  get diagnostics stored = row_count;
  return stored;
end
$$;

-- The key of the pseudonyms that a viewer gets who hides names. It stays: with another, nobody would know their pseudonym.
create table pseudonym_key (
  is_only boolean primary key default true check (is_only),
  key bytea not null
);

-- Each of the two has 122 random bits of the system's generator.
insert into pseudonym_key (key)
values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
