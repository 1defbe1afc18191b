-- A class of 1,000 that made 1,000,000 events in the last hour, in two notebooks of 40 cells, stored as
-- a worker stores them.
set client_min_messages = warning;

create procedure store_class(learners integer, events_each integer, cells integer)
language plpgsql as $$
declare
  total integer := learners * events_each;
  -- Learners' turns in one notebook.
  turns integer := events_each / 2;
  step integer := 5000;
begin
  for batch in 0..total / step - 1 loop
    perform store_notebook_events((
      select json_agg(json_build_object(
        'event_id', gen_random_uuid(),
        'event_type', case
          when n % 211 = 0 then 'help' when n % 211 = 3 then 'help_stop'
          when n % 50 = 0 then 'notebook_saved' else 'cell_executed' end,
        'occurred_at', now() - (total - n) * interval '1 hour' / total,
        'received_at', now() - (total - n) * interval '1 hour' / total,
        'course_id', 'class',
        'student_id', 'learner-' || n % learners || '@example.org',
        'student_name', '学習者 ' || n % learners,
        'team', 'team ' || n % learners % 30,
        'notebook_path', case when n < total / 2 then 'lessons/01.ipynb' else 'lessons/02.ipynb' end,
        'cell_id', 'cell-' || lpad((n / learners % turns * cells / turns)::text, 8, '0'),
        'cell_index', n / learners % turns * cells / turns,
        'cell_type', 'code', 'execution_count', n / learners, 'has_error', random() < 0.3,
        'error_name', (array['NameError', 'TypeError', 'ValueError', 'IndexError'])[
          1 + floor(random() * 4)::int],
        'error_message', 'something is wrong', 'duration_ms', random() * 500))
      from generate_series(batch * step, batch * step + step - 1) as n));
    commit;
  end loop;
end
$$;

call store_class(1000, 1000, 40);
drop procedure store_class;
vacuum analyze;
