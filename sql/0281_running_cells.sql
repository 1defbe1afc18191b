-- Cells that run for long (cell_started) and kernels that ended without closing (kernel_died): events of the
-- notebook like the others, stored by the same function.

-- The latest of a learner's, and the deaths after it, which tell whether a cell is running. Small: short runs
-- send none.
create index progress_events_running
  on progress_events (course_id, student_id, (coalesce(corrected_at, occurred_at)))
  where event_type in ('cell_started', 'kernel_died');
