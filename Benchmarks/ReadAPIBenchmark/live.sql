-- One second of a lively class: 500 events, for pgbench.
select store_notebook_events(json_agg(json_build_object(
  'event_id', gen_random_uuid(), 'event_type', 'cell_executed', 'occurred_at', now(),
  'received_at', now(), 'course_id', 'class',
  'student_id', 'learner-' || n * 2 || '@example.org', 'notebook_path', 'lessons/02.ipynb',
  'cell_id', 'cell-' || lpad((30 + n % 10)::text, 8, '0'), 'cell_index', 30 + n % 10,
  'has_error', random() < 0.3, 'error_name', 'NameError', 'duration_ms', random() * 500)))
from generate_series(0, 499) as n;
