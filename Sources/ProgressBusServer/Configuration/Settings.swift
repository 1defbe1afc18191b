/// All settings, in the order in which they are documented.
public enum Settings {
  public static let all: [Setting] = server + servers + ingest + bus + worker + webSocket

  static let server: [Setting] = [
    Setting(
      "roles", .list(of: Role.allCases.map(\.rawValue)),
      default: Role.allCases.map(\.rawValue).joined(separator: ","),
      "What this process does."),
    Setting("http.host", .text, default: "127.0.0.1", "The address to listen on."),
    Setting("http.port", .integer(0...65_535), default: "8080", "The port; 0 takes a free one."),
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

  static let ingest: [Setting] = [
    Setting(
      "ingest.body_bytes", .integer(1024...1_073_741_824), default: "1048576",
      "The largest body of a request, unpacked, in bytes."),
    Setting(
      "ingest.events_per_request", .integer(1...1_000_000), default: "1000",
      "The most events in one request."),
    Setting(
      "ingest.event_bytes", .integer(256...16_777_216), default: "65536",
      "The largest event, in bytes."),
    Setting(
      "ingest.event_depth", .integer(1...100), default: "8",
      "The most objects and arrays inside one another."),
    Setting(
      "ingest.body_timeout_seconds", .integer(1...3600), default: "30",
      "How long a body may take to arrive."),
    Setting(
      "ingest.hours_ahead", .integer(0...8760), default: "24",
      "How far ahead of the server's clock `occurred_at` may be."),
    Setting(
      "ingest.keep_work", .boolean, default: "false",
      "Keep `code` and `result` of cells. They are learners' work, and dropped otherwise."),
    Setting(
      "ingest.allowed_origins", .list(), default: "*",
      "The origins whose pages may send events (CORS)."),
  ]

  static let bus: [Setting] = [
    Setting(
      "journal.max_entries", .integer(1000...1_000_000_000), default: "1000000",
      "The most events in the journal; when unread ones fill it, ingest answers 503."),
    Setting(
      "journal.retention_seconds", .integer(0...604_800), default: "600",
      "How long events stay for replay after every sink has stored them."),
    Setting(
      "journal.expected_groups", .list(of: ["postgres", "influxdb"]),
      "The sinks of the whole deployment: the journal is not trimmed before each has read it. "
        + "Default: this worker's sinks."),
  ]

  static let worker: [Setting] = [
    Setting(
      "worker.sinks", .list(of: ["postgres", "influxdb"]), default: "postgres,influxdb",
      "Where this worker stores events."),
    Setting(
      "worker.postgres_batch_size", .integer(1...100_000), default: "1000",
      "The most events in one PostgreSQL transaction."),
    Setting(
      "worker.postgres_lanes", .integer(1...64), default: "2",
      "PostgreSQL transactions at the same time."),
    Setting(
      "worker.influxdb_batch_size", .integer(1...100_000), default: "5000",
      "The most points in one request to InfluxDB."),
    Setting(
      "worker.influxdb_lanes", .integer(1...64), default: "1",
      "Requests to InfluxDB at the same time."),
  ]

  static let webSocket: [Setting] = [
    Setting(
      "websocket.queue_bytes", .integer(65_536...1_073_741_824), default: "1048576",
      "What may wait for one slow subscriber before it is closed.")
  ]
}
