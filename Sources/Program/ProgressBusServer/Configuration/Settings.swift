import BigQueryMirror
import Broadcaster
import EventBus
import Events
import Firestore
import FirestoreSource
import HTTPServer
import Ingest
import NIOCore
import WorkerRuntime

/// All settings, in the order in which they are documented. A default that a type of ours has stands
/// there alone: the setting asks the type.
public enum Settings {
  public static let all: [Setting] =
    server + servers + ingest + bus + worker + webSocket + google + mirror + sessions
    + completedSessions

  static let server: [Setting] = [
    Setting(
      "roles", .list(of: Role.allCases.map(\.rawValue)),
      default: Role.usual.map(\.rawValue).joined(separator: ","),
      "What this process does."),
    Setting("http.host", .text, default: "127.0.0.1", "The address to listen on."),
    Setting("http.port", .integer(0...65_535), default: "8080", "The port; 0 takes a free one."),
    Setting(
      "http.max_connections", .integer(1...1_000_000), default: "10000",
      "The most connections, WebSockets included; those beyond are answered 503."),
    Setting(
      "http.allowed_hosts", .list(),
      "Names with a dot under which pages, the read API and the live stream may be asked, behind a "
        + "proxy."
    ),
    Setting(
      "http.operator_hosts", .list(),
      "Names with a dot under which operators may ask, and whoever may ask under the allowed hosts."
    ),
    Setting(
      "insecure_allow_anonymous", .boolean, default: "false",
      "Listen beyond loopback although nobody has to log in."),
    Setting(
      "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
      default: "info", "The least severe record that is logged."),
    Setting("log.format", .choice(["text", "json"]), default: "text", "The form of log records."),
    Setting(
      "shutdown.seconds", .integer(1...600), default: "8",
      "How long a shutdown waits for work in flight."),
    Setting(
      "sql.directory", .text,
      "Where the migrations are. Default: `sql` beside the program or in the working directory."),
  ]

  static let servers: [Setting] = [
    Setting(
      "redis.url", variable: "REDIS_URL", .text, default: "redis://127.0.0.1:6379", secret: true,
      "The bus: `redis://[user:password@]host[:port][/database]` or `unix:///path`."),
    Setting(
      "database.url", variable: "DATABASE_URL", .text, secret: true,
      "PostgreSQL: a libpq connection URI."),
    Setting(
      "influxdb.url", variable: "INFLUXDB_URL", .text, "InfluxDB: the server's base URL."),
    Setting(
      "influxdb.database", variable: "INFLUXDB_DATABASE", .text, "The database (v1, v3)."),
    Setting(
      "influxdb.username", variable: "INFLUXDB_USERNAME", .text, "The user, where v1 asks for one."),
    Setting(
      "influxdb.password", variable: "INFLUXDB_PASSWORD", .text, secret: true,
      "That user's password."),
    Setting(
      "influxdb.token", variable: "INFLUXDB_TOKEN", .text, secret: true, "The token (v2, v3)."),
    Setting("influxdb.org", variable: "INFLUXDB_ORG", .text, "The organisation (v2)."),
    Setting("influxdb.bucket", variable: "INFLUXDB_BUCKET", .text, "The bucket (v2)."),
  ]

  private static let ingestDefaults = IngestConfiguration()
  private static let sourceDefaults = FirestoreSourceConfiguration()
  private static let mirrorDefaults = MirrorConfiguration(projectID: "", datasetID: "")

  static let ingest: [Setting] = [
    Setting(
      "ingest.body_bytes", .integer(1024...1_073_741_824), default: "\(ingestDefaults.bodyBytes)",
      "The largest body of a request, unpacked, in bytes."),
    Setting(
      "ingest.arriving_bytes", .integer(1_048_576...1_099_511_627_776),
      default: "\(ingestDefaults.arrivingBytes)",
      "What bodies that have not come whole may hold in all, unpacked, in bytes; beyond it 503. Two bodies are always let in."
    ),
    Setting(
      "ingest.events_per_request", .integer(1...1_000_000),
      default: "\(ingestDefaults.eventsPerRequest)",
      "The most events in one request."),
    Setting(
      "ingest.event_bytes", .integer(256...16_777_216),
      default: "\(ingestDefaults.eventLimits.eventBytes)",
      "The largest event, in bytes."),
    Setting(
      "ingest.event_depth", .integer(1...100), default: "\(ingestDefaults.eventLimits.depth)",
      "The most objects and arrays inside one another."),
    Setting(
      "ingest.body_timeout_seconds", .integer(1...3600),
      default: "\(HTTPServerChannelConfiguration().bodyTimeout.nanoseconds / 1_000_000_000)",
      "How long a body may take to arrive."),
    Setting(
      "ingest.hours_ahead", .integer(0...8760),
      default: "\(ingestDefaults.eventLimits.microsecondsAhead / 3_600_000_000)",
      "How far ahead of the server's clock `occurred_at` may be."),
    Setting(
      "ingest.keep_work", .boolean, default: "\(ingestDefaults.keepsWork)",
      "Keep `code` and `result` of cells. They are learners' work, and dropped otherwise."),
    Setting(
      "ingest.allowed_origins", .list(),
      default: ingestDefaults.allowedOrigins.joined(separator: ","),
      "The origins whose pages may send events (CORS), beside the server's own; `*` is every one."),
  ]

  static let bus: [Setting] = [
    Setting(
      "bus.namespace", .text,
      "A name in front of the channel and all keys in Redis, `name:progress-events`, so that deployments can "
        + "share a Redis. Needed where `REDIS_URL` names a database other than 0."),
    Setting(
      "journal.max_entries", .integer(1000...1_000_000_000),
      default: "\(RedisEventBusConfiguration.defaultJournalCapacity)",
      "The most events in the journal; when unread ones fill it, ingest answers 503."),
    Setting(
      "journal.retention_seconds", .integer(0...604_800),
      default: "\(WorkerConfiguration().journalRetention.components.seconds)",
      "How long events stay for replay after every sink has stored them, unless memory is full."),
    Setting(
      "journal.expected_groups", .list(of: SinkRegistry.names),
      "The sinks of the whole deployment: the journal is not trimmed before each has a group. Default: "
        + "this worker's sinks, and those whose server is set (`DATABASE_URL`, `INFLUXDB_URL`)."),
    Setting(
      "dead_letters.max_entries", .integer(1...1_000_000_000),
      default: "\(RedisEventBusConfiguration.defaultDeadLetterCapacity)",
      "The most dead letters in Redis; when there are as many, refused events stay in the journal."),
  ]

  static let worker: [Setting] =
    [
      Setting(
        "worker.sinks", .list(of: SinkRegistry.names),
        default: SinkRegistry.all.filter(\.isDefault).map(\.name).joined(separator: ","),
        "Where this worker stores events.")
    ] + SinkRegistry.all.flatMap(\.settings)

  static let webSocket: [Setting] = [
    Setting(
      "websocket.queue_bytes", .integer(65_536...1_073_741_824),
      default: "\(BroadcastConfiguration().maximumOutstandingBytes)",
      "What may wait for one slow subscriber before it is closed."),
    Setting(
      "websocket.max_replays", .integer(1...1_000_000),
      default: "\(BroadcastConfiguration().maximumReplays)",
      "The most subscribers that are given what they missed at once; those beyond are answered 503."
    ),
    Setting(
      "websocket.replay_bytes", .integer(65_536...1_073_741_824),
      default: "\(BroadcastConfiguration().replayPageBytes)",
      "What one replay reads from the journal at a time, in bytes; one event may be larger."),
    Setting(
      "websocket.allowed_origins", .list(),
      "Other origins than the server's own whose pages may listen to the live stream."),
  ]

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
