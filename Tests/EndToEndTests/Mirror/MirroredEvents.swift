/// Events of every kind that is mirrored.
enum MirroredEvents {
  static func dialogue(_ number: Int, user: String = "ada") -> String {
    """
    {"event_type":"dialogue_session_ended","session":{"session_id":"d\(number)","user_id":"\(user)",
    "start_time":"2026-03-01T10:00:00Z","problem_ids":["p1"],"total_points":5,
    "dialogue_turns":[{"turn_id":"1","speaker":"coach","content":"hm","timestamp":"2026-03-01T10:00:01Z"}]},
    "learning_history":[{"problem_id":"p1","attempted_at":"2026-03-01T10:01:00Z","hints_used":1}],
    "profile_snapshot":{"persistence_score":7.5,
      "subject_understanding":[{"subject":"math","topic":"sets","level":0.5}]}}
    """
  }

  /// One of each kind: a row in each of the eleven tables.
  static let oneOfEach = [
    #"{"event_type":"cell_executed","student_id":"ada@example.com","notebook_path":"a.ipynb","cell_id":"c1"}"#,
    #"{"event_type":"training_session_completed","session":{"sessionId":"t1","userId":"ada@example.com","exerciseType":"squat","startTime":"2026-03-01T10:00:00Z","status":"completed","repCount":12}}"#,
    dialogue(0),
    #"{"event_type":"agent_metric","session_id":"d0","agent_name":"tutor","action":"answer","latency_ms":9}"#,
    #"{"event_type":"emotion_analysis","session_id":"d0","user_id":"ada","emotion":"calm"}"#,
    #"{"event_type":"rag_metric","session_id":"d0","corpus_id":"books","used_in_response":false}"#,
    #"{"event_type":"detection_logged","tid":"T","fid":"F","tags":["a"],"detection_detail":{"x":[1]}}"#,
    #"{"event_type":"summary_created","summary_id":"7","tid":"T","fid":"F","camera_ids":["c"]}"#,
    #"{"event_type":"inference_logged","tid":"T","fid":"F","result":{"ok":1}}"#,
  ]

  static let bigQueryTables = [
    "progress_events", "sessions", "dialogue_sessions", "learning_history",
    "learning_profile_snapshots", "agent_metrics", "emotion_analysis", "rag_metrics",
    "semantic_events", "summaries", "inference_logs",
  ]
}
