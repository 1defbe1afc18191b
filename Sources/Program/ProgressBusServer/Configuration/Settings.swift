import API
import Broadcaster
import EventBus
import Events
import HTTPServer
import Ingest
import NIOCore
import PostgresDriver
import WorkerRuntime

/// All settings, in the order in which they are documented. A default that a type of ours has stands
/// there alone: the setting asks the type.
public enum Settings {
  public static let all: [Setting] =
    server + signIn + servers + ingest + limits + bus + worker + webSocket + classAlerts + lessons
    + messages
    + joining + google + mirror + sessions
    + completedSessions

  static let server: [Setting] = [
    Setting(
      "roles", .list(of: Role.allCases.map(\.rawValue)),
      default: Role.usual.map(\.rawValue).joined(separator: ","),
      "What this process does."),
    Setting("http.host", .text, default: "127.0.0.1", "The address to listen on."),
    Setting("http.port", .integer(0...65_535), default: "8080", "The port; 0 takes a free one."),
    Setting(
      "http.tls_certificate", .text,
      "A PEM file with the server's certificate and those between it and its authority: HTTPS in place of HTTP. "
        + "Read again when it changes, and on SIGHUP."),
    Setting("http.tls_key", .text, "A PEM file with that certificate's key, without a passphrase."),
    Setting(
      "http.max_connections", .integer(1...1_000_000), default: "10000",
      "The most connections, WebSockets included; those beyond are answered 503."),
    Setting(
      "http.max_connections_per_address", .integer(0...1_000_000), default: "2500",
      "The most connections of one address; those beyond are answered 503. 0 is no limit; this machine and trusted proxies have none."
    ),
    Setting(
      "http.head_timeout_seconds", .integer(1...3600),
      default: "\(HTTPServerChannelConfiguration().headTimeout.nanoseconds / 1_000_000_000)",
      "How long a new connection may take to send the head of its first request."),
    Setting(
      "http.trusted_proxies", .list(),
      "Addresses (`192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`) of proxies whose word is taken for a client's address."
    ),
    Setting(
      "http.proxy_header", .choice(TrustedProxies.Header.allCases.map(\.rawValue)),
      default: TrustedProxies.Header.forwardedFor.rawValue,
      "The header in which these say it. The other one is ignored."),
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
      "jwt.secret", .text, secret: true,
      "The secret of tokens (HS256), at least 32 bytes. With it, or with a key set, whoever asks needs a token."
    ),
    Setting(
      "jwt.jwks", .text,
      "The public keys of tokens (RS256, ES256): a file with a JWKS, or its `https` URL, as an OpenID provider has it."
    ),
    Setting("jwt.issuer", .text, "What `iss` of a token must be. Default: anything."),
    Setting("jwt.audience", .text, "What `aud` of a token must hold. Default: anything."),
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
      "The bus: `redis://[user:password@]host[:port][/database]`, `rediss://` for the same over TLS, "
        + "`unix:///path`, `redis+sentinel://[user:password@]host[:port][,host[:port]…]/master[/database]`, "
        + "or `redis+cluster://[user:password@]host[:port][,host[:port]…]`."
    ),
    Setting(
      "redis.sentinel_password", variable: "REDIS_SENTINEL_PASSWORD", .text, secret: true,
      "What the Sentinels of `REDIS_URL` ask for themselves."),
    Setting(
      "redis.tls_ca", variable: "REDIS_TLS_CA", .text,
      "A PEM file of those who may sign Redis's certificate. Default: the system's authorities."),
    Setting(
      "redis.tls_certificate", variable: "REDIS_TLS_CERTIFICATE", .text,
      "A PEM file with our own certificate, where Redis asks for one."),
    Setting(
      "redis.tls_key", variable: "REDIS_TLS_KEY", .text,
      "A PEM file with that certificate's key, without a passphrase."),
    Setting(
      "redis.tls_server_name", variable: "REDIS_TLS_SERVER_NAME", .text,
      "The name in Redis's certificate, where it is not the host of `REDIS_URL`."),
    Setting(
      "database.url", variable: "DATABASE_URL", .text, secret: true,
      "PostgreSQL: a libpq connection URI."),
    Setting(
      "database.pooler", variable: "DATABASE_POOLER",
      .choice(PostgresConfiguration.Pooling.allCases.map(\.rawValue)),
      default: PostgresConfiguration.Pooling.none.rawValue,
      "`transaction` where `DATABASE_URL` leads to pgbouncer or the like in transaction mode."),
    Setting(
      "database.migration_url", variable: "DATABASE_MIGRATION_URL", .text, secret: true,
      "PostgreSQL itself, for `migrate`, where `DATABASE_URL` leads to a pooler or to an account that may not "
        + "change tables."),
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
  private static let clientDefaults = OtherClientsConfiguration()

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
    Setting(
      "ingest.clients", .list(of: OtherClient.allCases.map(\.rawValue)),
      "Other people's clients that may send what they send, as they are: "
        + OtherClient.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + "."),
    Setting(
      "ingest.clients_course", .text, default: clientDefaults.course,
      "The course of what such a client sends without naming one."),
    Setting(
      "ingest.pioneer_learner", .list(),
      default: clientDefaults.pioneerLearner.joined(separator: ","),
      "The names under which pioneer's `env` or `params` say who the learner is; the first that is there counts."
    ),
    Setting(
      "ingest.pioneer_course", .list(),
      default: clientDefaults.pioneerCourse.joined(separator: ","), "The same for the course."),
    Setting(
      "xapi.home_page", .text,
      "The school's own URL, such as `https://school.example`: where the accounts of learners are in statements of xAPI, and where the names "
        + "of activities begin."),
  ]

  static let limits: [Setting] = [
    Setting(
      "limits.learner_events_per_second", .integer(0...1_000_000), default: "50",
      "Events that one learner's token may send in the long run; beyond it 429. 0 is no limit, here and below."
    ),
    Setting(
      "limits.learner_burst", .integer(1...1_000_000_000), default: "5000",
      "Events that it may send at once, after a rest."),
    Setting(
      "limits.class_events_per_second", .integer(0...1_000_000), default: "2000",
      "The same of a token with scope `ingest:class`."),
    Setting("limits.class_burst", .integer(1...1_000_000_000), default: "50000", "The same."),
    Setting(
      "limits.address_events_per_second", .integer(0...1_000_000), default: "5000",
      "The same of one address, whatever its tokens. This machine itself has no limit."),
    Setting("limits.address_burst", .integer(1...1_000_000_000), default: "100000", "The same."),
    Setting(
      "limits.address_requests_per_second", .integer(0...1_000_000), default: "200",
      "Requests of one address other than for sending events, WebSockets' handshakes included."),
    Setting(
      "limits.address_request_burst", .integer(1...1_000_000_000), default: "2000",
      "Such requests at once, after a rest."),
  ]

  static let bus: [Setting] = [
    Setting(
      "bus.namespace", .text,
      "A name in front of the channel and all keys in Redis, `name:progress-events`, so that deployments can "
        + "share a Redis. Needed where `REDIS_URL` names a database other than 0."),
    Setting(
      "bus.confirmed_replicas", .integer(0...16), default: "0",
      "How many replicas of Redis must have an event before it is answered 202; else 503. All of them, "
        + "so that no failover loses one. 0: none is asked."),
    Setting(
      "bus.partitions", .integer(1...256), default: "1",
      "How many streams the journal is; the same for all processes, and 2 at least on a Redis Cluster. A learner's events of a course are "
        + "in one. Changed only while the journal is empty."),
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

  private static let alertDefaults = ClassAlertRules.standard

  static let classAlerts: [Setting] = [
    Setting(
      "alerts.learners", .integer(0...100_000), default: "\(alertDefaults.learners)",
      "How many learners must fail at one cell or exercise at the least for an alert on the class; 0 never alerts."
    ),
    Setting(
      "alerts.share_percent", .integer(1...100), default: "\(Int(alertDefaults.share * 100))",
      "And which share of the learners who are at work."),
    Setting(
      "alerts.seconds", .integer(10...86_400), default: "\(alertDefaults.seconds)",
      "How long ago a learner may have been heard of to be at work, and have failed to be counted."),
    Setting(
      "alerts.webhook_url", .text, secret: true,
      "A URL that gets a POST with each alert on a class."),
  ]

  static let lessons: [Setting] = [
    Setting(
      "lessons.gap_minutes", .integer(1...1440), default: "30",
      "How long a course must be without an event for a new lesson to begin.")
  ]

  static let messages: [Setting] = [
    Setting(
      "messages.enabled", .boolean, default: "true",
      "Whether teachers can take raised hands and send messages, which learners' notebooks show."),
    Setting(
      "messages.retention_days", .integer(1...36_500), default: "365",
      "The age at which messages, who was shown them, and taken hands are deleted."),
  ]

  static let joining: [Setting] = [
    Setting(
      "joining.enabled", .boolean, default: "true",
      "Whether teachers can make codes by which learners join a course without a token.")
  ]

  static let webSocket: [Setting] = [
    Setting(
      "websocket.queue_bytes", .integer(65_536...1_073_741_824),
      default: "\(BroadcastConfiguration().maximumOutstandingBytes)",
      "What may wait for one slow subscriber before it is closed."),
    Setting(
      "websocket.max_subscribers", .integer(1...1_000_000),
      default: "\(BroadcastConfiguration().maximumSubscribers)",
      "The most subscribers of this process; those beyond are answered 503."),
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
}
