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
}
