/// Dialogue sessions of the homework coach.
public enum DialogueEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "dialogue_session_ended", storedBy: "store_dialogue_sessions",
      fields: [
        Field("session", .object(session), required: true, "The session and its dialogue."),
        Field(
          "learning_history", .array(of: .object(historyEntry), maximumCount: 1000),
          "What the learner worked on in it."),
        Field(
          "profile_snapshot", .object(profileSnapshot), "The learner's profile at its end."),
      ],
      "A learner's dialogue with the coach has ended.")
  ]

  private static let score = FieldType.number(0...10)

  static let session: [Field] = [
    Field("session_id", .identifier, required: true, "Identifies the session."),
    Field("user_id", .identifier, required: true, privacy: .identifier, "The learner."),
    Field("start_time", .timestamp, required: true, "When it began."),
    Field("end_time", .timestamp, "When it ended."),
    Field(
      "problem_ids", .array(of: .identifier, maximumCount: 1000),
      "The problems that it was about."),
    Field("total_hints_used", .count, "Hints given."),
    Field("self_solved_count", .count, "Problems solved without help."),
    Field(
      "total_points", .integer(Int64.min...Int64.max), "Points earned."),
    Field(
      "dialogue_turns", .array(of: .object(turn), maximumCount: 1000),
      "What was said, in order."),
    Field("created_at", .timestamp, "When it was made. Default: `occurred_at`."),
  ]

  private static let turn: [Field] = [
    Field("turn_id", .identifier, required: true, "Identifies the turn."),
    Field(
      "speaker", .string(minimumLength: 1, maximumLength: 64), required: true, "Who spoke."),
    Field(
      "content", .string(maximumLength: 65_536), required: true, privacy: .personal,
      "What was said."),
    Field("timestamp", .timestamp, required: true, "When it was said."),
    Field("emotion", .word, "The emotion heard."),
  ]

  static let historyEntry: [Field] = [
    // What it says includes the learner, so whoever has a list of learners could try each.
    Field(
      "id", .identifier, privacy: .derivedIdentifier,
      "Identifies the entry. Default: made from what it says."),
    Field("user_id", .identifier, privacy: .identifier, "Default: the session's."),
    Field("problem_id", .identifier, required: true, "The problem."),
    Field("attempted_at", .timestamp, "When it was attempted. Default: `occurred_at`."),
    Field("solved_independently", .boolean, "Whether it was solved without help."),
    Field("hints_used", .count, "Hints given."),
    Field("time_spent_seconds", .count, "Time spent, in seconds."),
    Field("points_earned", .integer(Int64.min...Int64.max), "Points earned."),
    Field("session_id", .identifier, "Default: the session's."),
  ]

  static let profileSnapshot: [Field] = [
    Field(
      "id", .identifier, privacy: .derivedIdentifier,
      "Identifies the snapshot. Default: made from what it says."),
    Field("user_id", .identifier, privacy: .identifier, "Default: the session's."),
    Field("snapshot_at", .timestamp, "When it was taken. Default: `occurred_at`."),
    Field("persistence_score", score, "Persistence, 0 to 10."),
    Field("independence_score", score, "Independence, 0 to 10."),
    Field("reflection_quality", score, "Quality of reflection, 0 to 10."),
    Field("hint_dependency", .number(0...1), "Dependency on hints, 0 to 1."),
    Field("total_sessions", .count, "Sessions so far."),
    Field("total_problems_solved", .count, "Problems solved so far."),
    Field(
      "subject_understanding",
      .array(
        of: .object([
          Field("subject", .word, required: true, "The subject."),
          Field("topic", .word, required: true, "The topic."),
          Field(
            "level", .measure, required: true,
            "How well the learner understands it."),
          Field("trend", .word, "Where the level is going."),
        ]), maximumCount: 1000),
      "What the learner understands, by topic."),
  ]
}
