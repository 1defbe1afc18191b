-- Codes by which learners join a course during a lesson; at most one a course. Nothing of a learner is in here.

create table joining_codes (
  course_id text collate "C" primary key,
  code text collate "C" not null unique,
  ends_at timestamptz not null
);
