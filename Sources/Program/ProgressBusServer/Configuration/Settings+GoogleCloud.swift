import BigQueryMirror
import Events
import Firestore
import FirestoreSource

/// Settings of what lies at Google: the mirror in BigQuery, sessions in Firestore and Agent Engine.
extension Settings {
  private static let sourceDefaults = FirestoreSourceConfiguration()
  private static let mirrorDefaults = MirrorConfiguration(projectID: "", datasetID: "")

  static let google: [Setting] = [
    Setting(
      "google.project", variable: "GOOGLE_CLOUD_PROJECT", .text,
      "The Google Cloud project, where no other setting names one."),
    Setting(
      "google.application_credentials", variable: "GOOGLE_APPLICATION_CREDENTIALS", .text,
      "A file with Google credentials: a service account's key or a user's."),
    Setting(
      "bigquery.emulator_url", variable: "BIGQUERY_EMULATOR_HOST", .text,
      "The full URL of an emulator in place of BigQuery; nothing is authenticated then."),
  ]

  static let completedSessions: [Setting] = [
    Setting(
      "firestore.completion_field", variable: "FIRESTORE_COMPLETION_FIELD", .text,
      default: CompletionRules().completionField,
      "The field of a session's document that says when it was completed, a timestamp."),
    Setting(
      "firestore.poll_seconds", variable: "FIRESTORE_POLL_SECONDS", .integer(1...3600),
      default: "\(sourceDefaults.pollInterval.components.seconds)",
      "How often role `firestore-source` looks for completed sessions."),
    Setting(
      "firestore.overlap_seconds", variable: "FIRESTORE_OVERLAP_SECONDS", .integer(0...604_800),
      default: "\(sourceDefaults.overlap.components.seconds)",
      "How far behind the newest completion a look begins, for sessions that come late."),
    Setting(
      "firestore.full_pass_seconds", variable: "FIRESTORE_FULL_PASS_SECONDS",
      .integer(1...31_536_000),
      default: "\(sourceDefaults.passInterval.components.seconds)",
      "How often all completed sessions are read, for those that come later still or do not say when."
    ),
  ]

  static let mirror: [Setting] = [
    Setting(
      "bq_sync.enabled", variable: "BQ_SYNC_ENABLED", .boolean, default: "false",
      "Copy rows to BigQuery."),
    Setting(
      "bq_sync.project_id", variable: "BQ_SYNC_PROJECT_ID", .text,
      "The project of the datasets. Default: `GOOGLE_CLOUD_PROJECT`."),
    Setting(
      "bq_sync.dataset_id", variable: "BQ_SYNC_DATASET_ID", .text, default: "progressbus",
      "The dataset of tables that name none of their own."),
    Setting(
      "bq_sync.location", variable: "BQ_SYNC_LOCATION", .text,
      "Where datasets are made, for example `EU`. Default: BigQuery's."),
    Setting(
      "bq_sync.credentials_path", variable: "BQ_CREDENTIALS_PATH", .text,
      "A file with credentials for BigQuery alone."),
    Setting(
      "bq_sync.batch_size", variable: "BQ_SYNC_BATCH_SIZE", .integer(1...500),
      default: "\(mirrorDefaults.batchSize)",
      "The most rows in one call, up to 500. While it is not set, calls of a long queue grow to 500 "
        + "rows."),
    Setting(
      "bq_sync.interval_seconds", variable: "BQ_SYNC_INTERVAL_SECONDS", .integer(1...3600),
      default: "\(mirrorDefaults.interval.components.seconds)",
      "How long rows may wait for a batch to fill."),
    Setting(
      "bq_sync.max_attempts", variable: "BQ_SYNC_MAX_ATTEMPTS", .integer(1...100),
      default: "\(mirrorDefaults.maximumAttempts)",
      "After how many attempts a row is given up."),
    Setting(
      "bq_sync.calls_per_second", variable: "BQ_SYNC_CALLS_PER_SECOND", .integer(1...1000),
      default: "\(mirrorDefaults.callsPerSecond)",
      "The most calls to BigQuery in any second, of all processes together."),
    Setting(
      "bq_sync.call_timeout_seconds", variable: "BQ_SYNC_CALL_TIMEOUT_SECONDS", .integer(1...600),
      default: "\(mirrorDefaults.callTimeout.components.seconds)", "How long one call may take."),
    Setting(
      "bq_sync.lease_seconds", variable: "BQ_SYNC_LEASE_SECONDS", .integer(1...3600),
      default: "\(mirrorDefaults.lease.components.seconds)",
      "How long the rows of a worker that died wait before another takes them."),
    Setting(
      "bq_sync.retention_days", variable: "BQ_SYNC_RETENTION_DAYS", .integer(1...36_500),
      default: "\(mirrorDefaults.retentionDays)",
      "The age at which rows that are in BigQuery are deleted from PostgreSQL."),
    Setting(
      "bq_sync.pending_warning", variable: "BQ_SYNC_PENDING_WARNING", .integer(0...1_000_000_000),
      default: "\(mirrorDefaults.pendingWarning)", "More waiting rows than this are warned of."),
    Setting(
      "bq_sync.failed_alert", variable: "BQ_SYNC_FAILED_ALERT", .integer(0...1_000_000_000),
      default: "\(mirrorDefaults.failedAlert)", "More rows given up than this raise an alert."),
    Setting(
      "bq_sync.alert_webhook_url", variable: "BQ_SYNC_ALERT_WEBHOOK_URL", .text, secret: true,
      "A URL that gets a POST with each alert."),
    Setting(
      "bq_sync.pseudonymization_salt", variable: "PSEUDONYMIZATION_SALT", .text, secret: true,
      "The salt of pseudonyms. There is no default: without one the mirror does not start."),
    Setting(
      "bq_sync.pseudonymization_salt_secret", variable: "PSEUDONYMIZATION_SALT_SECRET", .text,
      "The salt in Secret Manager: `projects/P/secrets/S/versions/V`."),
    Setting(
      "bq_sync.pseudonymize_tables", variable: "BQ_SYNC_PSEUDONYMIZE_TABLES",
      .list(of: WarehouseCatalog.tables.map(\.sourceTable)),
      "PostgreSQL tables whose rows leave with pseudonyms and without anything personal, although they "
        + "name learners by default."),
  ]

  static let sessions: [Setting] = [
    Setting(
      "sessions.layout", .choice(FirestoreLayout.Kind.allCases.map(\.rawValue)),
      default: FirestoreLayout.Kind.coach.rawValue,
      "How sessions lie in Firestore: the coach's own way, google-adk's, or the package "
        + "google-adk-firestore-session's."),
    Setting(
      "sessions.app", .text, default: "progressbus",
      "The application whose sessions these are: `app_name` of ADK."),
    Setting(
      "sessions.adk_root", variable: "ADK_FIRESTORE_ROOT_COLLECTION", .text,
      default: "adk-session", "The root collection of the layout `adk`."),
    Setting(
      "sessions.id_map", .text,
      "The table of session ids that had to change on their way into Agent Engine."),
    Setting(
      "firestore.project", .text, "The project of Firestore. Default: `GOOGLE_CLOUD_PROJECT`."),
    Setting("firestore.database", .text, default: "(default)", "The database of Firestore."),
    Setting(
      "firestore.emulator_host", variable: "FIRESTORE_EMULATOR_HOST", .text,
      "`host:port` of an emulator in place of Firestore; nothing is authenticated then."),
    Setting(
      "agent_engine.id", variable: "AGENT_ENGINE_ID", .text,
      "The id of the Agent Engine that keeps sessions."),
    Setting(
      "agent_engine.resource_name", variable: "AGENT_ENGINE_RESOURCE_NAME", .text,
      "Its name: `projects/P/locations/L/reasoningEngines/E`."),
    Setting(
      "agent_engine.endpoint", variable: "AGENT_ENGINE_ENDPOINT", .text,
      "A full base URL in place of Google's; nothing is authenticated then."),
    Setting(
      "agent_engine.ttl_days", .integer(1...3650), default: "365",
      "For how many days Agent Engine keeps a session, from its making."),
    Setting(
      "migration.user_ids", variable: "MIGRATED_USER_IDS", .text,
      "Users whose sessions are in Agent Engine whatever the percentage, separated by commas."),
    Setting(
      "migration.percentage", variable: "MIGRATION_PERCENTAGE", .text, default: "0",
      "How many percent of all users have their sessions in Agent Engine, 0 to 100."),
  ]
}
