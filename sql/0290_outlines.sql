-- Outlines of notebooks: headings, and titles of cells, which a teacher uploads. No event has to do with them.
--
-- The path is the teacher's; learners' may begin elsewhere. So nothing here belongs to a row of `notebooks`, which goes with
-- the last learner of a notebook (0280), while what a teacher has uploaded stays.

create table outlines (
  course_id text collate "C" not null,
  notebook_path text collate "C" not null,
  -- From 1, one more with each upload that differs from the last.
  version integer not null,
  uploaded_at timestamptz not null default now(),
  -- As the API has them.
  entries jsonb not null,
  primary key (course_id, notebook_path, version)
);

-- Keeps an outline, and the 20 newest versions of it. Returns its version: the last one's, where that is the same; null
-- where the course has as many outlines as it may have.
create function store_outline(course text, path text, outline jsonb) returns integer
language plpgsql
as $$
declare
  newest outlines;
begin
  -- One upload of a course at a time.
  perform pg_advisory_xact_lock(hashtextextended('progressbus.outlines ' || course, 0));
  select * into newest from outlines
  where course_id = course and notebook_path = path
  order by version desc limit 1;
  if newest.entries = outline then
    return newest.version;
  end if;
  if newest.version is null
    and (select count(distinct notebook_path) from outlines where course_id = course) >= 500
  then
    return null;
  end if;
  insert into outlines (course_id, notebook_path, version, entries)
  values (course, path, coalesce(newest.version, 0) + 1, outline);
  delete from outlines
  where course_id = course and notebook_path = path and version <= newest.version - 19;
  return coalesce(newest.version, 0) + 1;
end
$$;
