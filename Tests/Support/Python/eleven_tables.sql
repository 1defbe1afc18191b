-- One row a table, as any program may insert it.
insert into students (student_id, student_name) values ('ada@example.com', 'Ada Lovelace');
insert into progress_events (
  event_id, event_type, occurred_at, received_at, course_id, student_id, team, session_id,
  notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name,
  error_message, duration_ms, code, result, attributes)
values (
  '01890a5d-ac96-774b-bcce-b302099a8057', 'cell_executed', '2026-03-01T10:00:00.123456Z',
  '2026-03-01T10:00:01Z', 'physics', 'ada@example.com', 'red', 'k1',
  '/home/ada@example.com/Ada Lovelace/a.ipynb', 'c1', 3, 'code', 7, true, 'KeyError',
  'write to other@example.org', 12.5, 'secret code', 'secret result',
  '{"kernel": "py", "owner": "Ada Lovelace", "n": 3}');
insert into training_sessions (
  session_id, user_id, exercise_type, start_time, end_time, duration, status, rep_count, set_count,
  overall_score, warnings, camera_fps, average_fps, platform, created_at)
values (
  't1', 'user-1', 'squat', '2026-03-01T10:00:00Z', '2026-03-01T10:05:00.5Z', 300, 'completed', 12, 3,
  88, '[{"type": "knee", "count": 2, "severity": "low"}, {"type": "back"}]', 30, 29.97, 'ios',
  '2026-03-01T10:05:01.000001Z');
insert into dialogue_sessions (
  session_id, user_id, start_time, end_time, problem_ids, total_hints_used, self_solved_count,
  total_points, dialogue_turns, created_at)
values (
  'd1', 'user-1', '2026-03-01T10:00:00Z', null, '{p1,"p 2"}', 4, 1, 30,
  '[{"turn_id": "1", "speaker": "learner", "content": "\"why\"?\n\u00e9", "timestamp": "2026-03-01T10:00:05.654321Z", "emotion": "calm"},
    {"turn_id": "2", "speaker": "coach", "content": "because", "timestamp": "2026-03-01T10:00:06Z"}]',
  '2026-03-01T10:10:00Z');
insert into learning_history (
  id, user_id, problem_id, attempted_at, solved_independently, hints_used, time_spent_seconds,
  points_earned, session_id)
values ('h1', 'user-1', 'p1', '2026-03-01T10:01:00Z', true, 2, 90, 20, 'd1');
insert into learning_profile_snapshots (
  id, user_id, snapshot_at, persistence_score, independence_score, reflection_quality,
  hint_dependency, total_sessions, total_problems_solved, subject_understanding)
values (
  'l1', 'user-1', '2026-03-01T10:10:00Z', 7.5, 6, 0.1, 0.25, 9, 40,
  '[{"subject": "math", "topic": "sets", "level": 0.5, "trend": "up"}]');
insert into agent_metrics (
  id, session_id, agent_name, timestamp, action, latency_ms, tokens_used, tool_name, success,
  error_message, user_id)
values (
  'a1', 'd1', 'tutor', '2026-03-01T10:00:07Z', 'answer', 9007199254740993, 512, null, false, 'x',
  'user-1');
insert into emotion_analysis (
  id, session_id, user_id, analyzed_at, emotion, confidence, frustration_level,
  support_level_adjustment, turn_id)
values ('e1', 'd1', 'user-1', '2026-03-01T10:00:08Z', 'calm', 0.9, 0.1, 'less', '1');
insert into rag_metrics (
  id, session_id, queried_at, corpus_id, query_text, results_count, top_relevance_score, latency_ms,
  used_in_response, user_id)
values ('r1', 'd1', '2026-03-01T10:00:09Z', 'books', 'sets', 5, 0.75, 40, true, 'user-1');
insert into detection_logs (
  id, tid, fid, camera_lacis_id, detected_at, severity, detection_type, detection_detail, tags,
  vehicle_ocr, face_features, snapshot_url, source_device)
values (
  '17', 'T1', 'F1', 'cam', '2026-03-01T10:00:10.000001Z', 2, 'car', '{"boxes": [1, 2]}', '{gate,"a,b"}',
  '{"plate": "X"}', null, 'http://x/y', 'edge');
insert into ai_summary_cache (
  summary_id, tid, fid, summary_type, period_start, period_end, summary_text, summary_json,
  detection_count, severity_max, camera_ids, created_at)
values (
  '5', 'T1', 'F1', 'hourly', '2026-03-01T09:00:00Z', '2026-03-01T10:00:00Z', 'quiet', '["a"]', 3, 1,
  '{cam}', '2026-03-01T10:00:11Z');
insert into is21_logs (
  id, tid, fid, camera_lacis_id, model_name, model_version, inference_type, latency_ms,
  detection_count, confidence, success, error_message, result, created_at)
values (
  '9', 'T1', 'F1', 'cam', 'yolo', '8', 'detect', 20, 1, 0.5, true, null, '{"ok": true}',
  '2026-03-01T10:00:12Z');
