@testable import BigQueryMirror

/// What the rows of `eleven_tables.sql` must be in BigQuery.
enum ElevenTables {
  /// The BigQuery table, a filter that finds the row, and the row's columns.
  static let expectations: [(String, String, [String: PythonValue])] = [
    (
      "progress_events", "course_id = 'physics'",
      [
        "event_id": "01890a5d-ac96-774b-bcce-b302099a8057", "event_type": "cell_executed",
        "occurred_at": "timestamp:2026-03-01T10:00:00.123456Z",
        "received_at": "timestamp:2026-03-01T10:00:01.000000Z", "course_id": "physics",
        "student_id_hash": pseudonym("ada@example.com"), "team": "red", "session_id": "k1",
        "notebook_path": "/home/[learner]/[name]/a.ipynb", "cell_id": "c1", "cell_index": 3,
        "cell_type": "code", "execution_count": 7, "has_error": true, "error_name": "KeyError",
        "error_message": "write to [e-mail]", "duration_ms": "float:12.5",
        "attributes": ["kernel": "py", "owner": "[name]", "n": 3],
      ]
    ),
    (
      "sessions", "session_id = 't1'",
      [
        "user_id_hash": pseudonym("user-1"), "session_id": "t1", "exercise_type": "squat",
        "start_time": "timestamp:2026-03-01T10:00:00.000000Z",
        "end_time": "timestamp:2026-03-01T10:05:00.500000Z", "duration": 300,
        "status": "completed", "rep_count": 12, "set_count": 3, "overall_score": 88,
        "good_frames": 0, "warning_frames": 0, "error_frames": 0,
        "warnings": [
          ["type": "knee", "count": 2, "severity": "low"],
          ["type": "back", "count": 0, "severity": nil],
        ],
        "camera_position": nil, "camera_resolution": nil, "camera_fps": 30, "total_frames": 0,
        "processed_frames": 0, "average_fps": "float:29.97", "frame_drop_count": 0,
        "average_confidence": nil, "average_inference_time": nil, "max_inference_time": nil,
        "min_inference_time": nil, "platform": "ios", "os_version": nil, "device_model": nil,
        "device_memory": nil, "created_at": "timestamp:2026-03-01T10:05:01.000001Z",
      ]
    ),
    (
      "dialogue_sessions", "session_id = 'd1'",
      [
        "session_id": "d1", "user_id": "user-1",
        "start_time": "timestamp:2026-03-01T10:00:00.000000Z", "end_time": nil,
        "problem_ids": ["p1", "p 2"], "total_hints_used": 4, "self_solved_count": 1,
        "total_points": 30,
        "dialogue_turns": [
          [
            "turn_id": "1", "speaker": "learner", "content": "\"why\"?\n\u{e9}",
            "timestamp": "timestamp:2026-03-01T10:00:05.654321Z", "emotion": "calm",
          ],
          [
            "turn_id": "2", "speaker": "coach", "content": "because",
            "timestamp": "timestamp:2026-03-01T10:00:06.000000Z", "emotion": nil,
          ],
        ],
        "created_at": "timestamp:2026-03-01T10:10:00.000000Z",
      ]
    ),
    (
      "learning_history", "id = 'h1'",
      [
        "id": "h1", "user_id": "user-1", "problem_id": "p1",
        "attempted_at": "timestamp:2026-03-01T10:01:00.000000Z", "solved_independently": true,
        "hints_used": 2, "time_spent_seconds": 90, "points_earned": 20, "session_id": "d1",
      ]
    ),
    (
      "learning_profile_snapshots", "id = 'l1'",
      [
        "id": "l1", "user_id": "user-1", "snapshot_at": "timestamp:2026-03-01T10:10:00.000000Z",
        "persistence_score": "float:7.5", "independence_score": "float:6.0",
        "reflection_quality": "float:0.1", "hint_dependency": "float:0.25", "total_sessions": 9,
        "total_problems_solved": 40,
        "subject_understanding": [
          ["subject": "math", "topic": "sets", "level": "float:0.5", "trend": "up"]
        ],
      ]
    ),
    (
      "agent_metrics", "id = 'a1'",
      [
        "id": "a1", "session_id": "d1", "agent_name": "tutor",
        "timestamp": "timestamp:2026-03-01T10:00:07.000000Z", "action": "answer",
        "latency_ms": 9_007_199_254_740_993, "tokens_used": 512, "tool_name": nil,
        "success": false, "error_message": "x", "user_id": "user-1",
      ]
    ),
    (
      "emotion_analysis", "id = 'e1'",
      [
        "id": "e1", "session_id": "d1", "user_id": "user-1",
        "analyzed_at": "timestamp:2026-03-01T10:00:08.000000Z", "emotion": "calm",
        "confidence": "float:0.9", "frustration_level": "float:0.1",
        "support_level_adjustment": "less", "turn_id": "1",
      ]
    ),
    (
      "rag_metrics", "id = 'r1'",
      [
        "id": "r1", "session_id": "d1", "queried_at": "timestamp:2026-03-01T10:00:09.000000Z",
        "corpus_id": "books", "query_text": "sets", "results_count": 5,
        "top_relevance_score": "float:0.75", "latency_ms": 40, "used_in_response": true,
        "user_id": "user-1",
      ]
    ),
    (
      "semantic_events", "event_id = 'det_17'",
      [
        "event_id": "det_17", "tid": "T1", "fid": "F1", "camera_lacis_id": "cam",
        "detected_at": "timestamp:2026-03-01T10:00:10.000001Z", "severity": 2,
        "detection_type": "car", "detection_detail": ["boxes": [1, 2]],
        "tags": ["gate", "a,b"], "vehicle_ocr": ["plate": "X"], "face_features": nil,
        "snapshot_url": "http://x/y", "source_device": "edge",
      ]
    ),
    (
      "summaries", "summary_id = 'SUM-5'",
      [
        "summary_id": "SUM-5", "tid": "T1", "fid": "F1", "summary_type": "hourly",
        "period_start": "timestamp:2026-03-01T09:00:00.000000Z",
        "period_end": "timestamp:2026-03-01T10:00:00.000000Z", "summary_text": "quiet",
        "summary_json": ["a"], "detection_count": 3, "severity_max": 1, "camera_ids": ["cam"],
        "created_at": "timestamp:2026-03-01T10:00:11.000000Z",
      ]
    ),
    (
      "inference_logs", "inference_id = 'inf_9'",
      [
        "inference_id": "inf_9", "tid": "T1", "fid": "F1", "camera_lacis_id": "cam",
        "model_name": "yolo", "model_version": "8", "inference_type": "detect", "latency_ms": 20,
        "detection_count": 1, "confidence": "float:0.5", "success": true, "error_message": nil,
        "result": ["ok": true], "created_at": "timestamp:2026-03-01T10:00:12.000000Z",
      ]
    ),
  ]

  private static func pseudonym(_ identifier: String) -> PythonValue {
    .text(Pseudonymizer(salt: MirrorFixture.salt)?.pseudonym(for: identifier) ?? "")
  }
}
