/// The BigQuery tables that the catalog's events end in, and how each of them knows learners. PostgreSQL's
/// tables are in `sql/`.
public enum WarehouseCatalog {
  public static let tables: [WarehouseTable] = [
    progressEvents, trainingSessions, dialogueSessions, learningHistory, profileSnapshots,
    agentMetrics, emotionAnalysis, ragMetrics, detections, summaries, inferences, exerciseChecks,
  ]

  public static func table(for sourceTable: String) -> WarehouseTable? {
    tables.first { $0.sourceTable == sourceTable }
  }

  private static let identity = WarehouseColumn("id", .string)
  private static let ingestedAt = WarehouseColumn(
    "ingested_at", .timestamp, default: "CURRENT_TIMESTAMP()")

  /// A learner's name and work stay in PostgreSQL. Moments are those of the sender and of the receipt: whoever
  /// analyses them decides what a wrong clock means.
  private static let progressEvents = WarehouseTable(
    "progress_events", identifiers: .pseudonyms(names: ["student_id": "student_id_hash"]),
    fields: Envelope.fields + NotebookEvents.fields.filter { !$0.isSetByServer },
    required: ["event_id", "event_type", "occurred_at", "received_at", "course_id"])

  private static let exerciseChecks = WarehouseTable(
    "exercise_checks", identifiers: .pseudonyms(names: ["student_id": "student_id_hash"]),
    fields: Envelope.fields + ExerciseEvents.fields.filter { !$0.isSetByServer },
    required: ["event_id", "event_type", "occurred_at", "received_at", "course_id"])

  private static let trainingSessions = WarehouseTable(
    "training_sessions", identifiers: .pseudonyms(names: ["user_id": "user_id_hash"]),
    fields: TrainingEvents.session,
    trailing: [WarehouseColumn("synced_at", .timestamp, .required)],
    required: ["rep_count", "set_count", "created_at"])

  private static let dialogueSessions = WarehouseTable(
    "dialogue_sessions", identifiers: .open, fields: DialogueEvents.session,
    required: ["created_at"])

  private static let learningHistory = WarehouseTable(
    "learning_history", identifiers: .open, fields: DialogueEvents.historyEntry,
    required: ["user_id", "attempted_at"])

  private static let profileSnapshots = WarehouseTable(
    "learning_profile_snapshots", identifiers: .open, fields: DialogueEvents.profileSnapshot,
    required: ["user_id", "snapshot_at"])

  private static let agentMetrics = WarehouseTable(
    "agent_metrics", identifiers: .open, fields: CoachMetricEvents.agentMetric, leading: [identity],
    required: ["timestamp"])

  private static let emotionAnalysis = WarehouseTable(
    "emotion_analysis", identifiers: .open, fields: CoachMetricEvents.emotionAnalysis,
    leading: [identity],
    required: ["analyzed_at"])

  private static let ragMetrics = WarehouseTable(
    "rag_metrics", identifiers: .open, fields: CoachMetricEvents.ragMetric, leading: [identity],
    required: ["queried_at"])

  private static let detections = WarehouseTable(
    "detection_logs", identifiers: .open, fields: CameraEvents.detection,
    leading: [WarehouseColumn("event_id", .string, .required)], trailing: [ingestedAt],
    required: ["detected_at"])

  private static let summaries = WarehouseTable(
    "ai_summary_cache", identifiers: .open, fields: CameraEvents.summary, trailing: [ingestedAt],
    required: ["summary_id"])

  private static let inferences = WarehouseTable(
    "is21_logs", identifiers: .open, fields: CameraEvents.inference,
    leading: [WarehouseColumn("inference_id", .string, .required)], trailing: [ingestedAt],
    required: ["created_at"])
}
