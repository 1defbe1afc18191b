/// What the homework coach measures of itself.
public enum CoachMetricEvents {
  public static let kinds: [EventKind] = [
    EventKind(
      "agent_metric", storedBy: "store_agent_metrics", fields: agentMetric,
      "An agent of the coach acted."),
    EventKind(
      "emotion_analysis", storedBy: "store_emotion_analyses", fields: emotionAnalysis,
      "The coach read a learner's emotion."),
    EventKind(
      "rag_metric", storedBy: "store_rag_metrics", fields: ragMetric,
      "The coach searched a corpus."),
  ]

  private static let session = Field(
    "session_id", .identifier, required: true, "The dialogue session.")

  static let agentMetric: [Field] = [
    session,
    Field("agent_name", .identifier, required: true, "The agent."),
    Field("timestamp", .timestamp, "When it acted. Default: `occurred_at`."),
    Field("action", .name, required: true, "What it did."),
    Field("latency_ms", .count, "How long it took, in milliseconds."),
    Field("tokens_used", .count, "Tokens used."),
    Field("tool_name", .word, "The tool that it called."),
    Field("success", .boolean, "Whether it succeeded."),
    Field("error_message", .message, "Why it failed."),
    Field("user_id", .identifier, privacy: .identifier, "The learner."),
  ]

  static let emotionAnalysis: [Field] = [
    session,
    Field("user_id", .identifier, required: true, privacy: .identifier, "The learner."),
    Field("analyzed_at", .timestamp, "When it was read. Default: `occurred_at`."),
    Field(
      "emotion", .name, required: true, "The emotion."),
    Field("confidence", .measure, "How sure the coach is."),
    Field("frustration_level", .measure, "How frustrated the learner is."),
    Field("support_level_adjustment", .word, "How the coach's support changes."),
    Field("turn_id", .identifier, "The turn of the dialogue."),
  ]

  static let ragMetric: [Field] = [
    session,
    Field("queried_at", .timestamp, "When it searched. Default: `occurred_at`."),
    Field("corpus_id", .identifier, required: true, "The corpus."),
    Field("query_text", .string(maximumLength: 8192), privacy: .personal, "What it searched for."),
    Field("results_count", .count, "Results found."),
    Field("top_relevance_score", .measure, "The best result's relevance."),
    Field("latency_ms", .count, "How long it took, in milliseconds."),
    Field("used_in_response", .boolean, "Whether the answer used it."),
    Field("user_id", .identifier, privacy: .identifier, "The learner."),
  ]
}
