import API
import Broadcaster
import EventBus
import Events
import Foundation
import HTTPServer
import Influx
import Ingest
import LearningRecords
public import Logging
import NIOCore
public import Observability
public import PostgresDriver
import RedisDriver
import WorkerRuntime

/// The settings of a process, checked and typed.
public struct ServerConfiguration: Sendable {
  public let settings: ResolvedSettings
  public let roles: Set<Role>
  public let host: String
  public let port: Int
  public let logLevel: Logger.Level
  public let logFormat: LogFormat

  /// - Throws: `ConfigurationError` for a combination of settings that cannot work.
  public init(_ settings: ResolvedSettings) throws(ConfigurationError) {
    self.settings = settings
    roles = Set(settings.list("roles").compactMap(Role.init))
    host = try settings.text("http.host", for: "the server")
    port = settings.integer("http.port")
    logLevel = Logger.Level(rawValue: settings.text("log.level") ?? "") ?? .info
    logFormat = LogFormat(rawValue: settings.text("log.format") ?? "") ?? .text
    guard
      ClientAddress.isThisMachine(host) || asksForTokens
        || settings.boolean("insecure_allow_anonymous")
    else {
      throw ConfigurationError(
        "PROGRESSBUS_HTTP_HOST",
        "\(host) is beyond loopback, where anyone could send and read events without logging in; "
          + "\(Self.secretAdvice). Set PROGRESSBUS_INSECURE_ALLOW_ANONYMOUS=true only where the port "
          + "itself is protected")
    }
  }

  var classAlertRules: ClassAlertRules {
    var rules = ClassAlertRules()
    rules.learners = settings.integer("alerts.learners")
    rules.share = Double(settings.integer("alerts.share_percent")) / 100
    rules.seconds = settings.integer("alerts.seconds")
    return rules
  }

  /// - Throws: where it is no full URL.
  func classAlertWebhookURL() throws(ConfigurationError) -> String? {
    try webAddress("alerts.webhook_url", as: "PROGRESSBUS_ALERTS_WEBHOOK_URL")
  }

  var eventLimits: EventLimits {
    EventLimits(
      eventBytes: settings.integer("ingest.event_bytes"),
      depth: settings.integer("ingest.event_depth"),
      microsecondsAhead: Int64(settings.integer("ingest.hours_ahead")) * 3_600_000_000)
  }

  var ingest: IngestConfiguration {
    IngestConfiguration(
      bodyBytes: settings.integer("ingest.body_bytes"),
      arrivingBytes: settings.integer("ingest.arriving_bytes"),
      eventsPerRequest: settings.integer("ingest.events_per_request"),
      eventLimits: eventLimits, keepsWork: settings.boolean("ingest.keep_work"),
      allowedOrigins: settings.list("ingest.allowed_origins"), clients: otherClients)
  }

  private var otherClients: OtherClientsConfiguration {
    OtherClientsConfiguration(
      answered: (settings.givenList("ingest.clients") ?? []).compactMap(OtherClient.init),
      course: settings.text("ingest.clients_course") ?? Envelope.defaultCourse,
      pioneerLearner: settings.list("ingest.pioneer_learner"),
      pioneerCourse: settings.list("ingest.pioneer_course"),
      activityNames: settings.text("xapi.home_page").flatMap(ActivityNames.init),
      // Where learners leave with pseudonyms, nothing that leaves with them may be tried out.
      salt: settings.text("bq_sync.pseudonymization_salt") ?? "")
  }

  func bus() throws(ConfigurationError) -> RedisEventBusConfiguration {
    let url = try settings.text("redis.url", for: "the event bus")
    let location: RedisLocation
    do {
      location = try RedisLocation(
        parsing: url, sentinelPassword: settings.text("redis.sentinel_password"))
    } catch {
      throw ConfigurationError("REDIS_URL", "\(error)")
    }
    let isCluster = if case .cluster = location { true } else { false }
    let keys = try busKeys(inCluster: isCluster)
    guard location.database == 0 || settings.text("bus.namespace") != nil else {
      throw ConfigurationError(
        "PROGRESSBUS_BUS_NAMESPACE",
        "is not set, and REDIS_URL names database \(location.database): databases do not part channels, "
          + "so two deployments on one Redis would hear each other's events; set a name of your own"
      )
    }
    var configuration = RedisEventBusConfiguration(
      location: location, keys: keys, journalCapacity: settings.integer("journal.max_entries"),
      deadLetterCapacity: settings.integer("dead_letters.max_entries"))
    configuration.confirmedReplicas = settings.integer("bus.confirmed_replicas")
    configuration.tls = try redisTLS(for: location)
    if let contradiction = configuration.contradiction {
      throw ConfigurationError("PROGRESSBUS_BUS_PARTITIONS", contradiction)
    }
    return configuration
  }

  /// The channel's name.
  ///
  /// - Throws: when the namespace is malformed.
  public func busChannel() throws(ConfigurationError) -> String { try busKeys().channel }

  /// The bus's names in Redis.
  ///
  /// - Throws: when the namespace is not 1 to 64 ASCII letters, digits, `.`, `_` and `-`.
  private func busKeys(inCluster: Bool = false) throws(ConfigurationError) -> RedisKeys {
    let partitions = settings.integer("bus.partitions")
    guard let namespace = settings.text("bus.namespace") else {
      return RedisKeys(partitions: partitions, inCluster: inCluster)
    }
    let isPlain = namespace.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, (1...64).contains(namespace.utf8.count) else {
      throw ConfigurationError(
        "PROGRESSBUS_BUS_NAMESPACE", "must be 1 to 64 letters, digits, dots, - and _")
    }
    return RedisKeys(namespace: namespace, partitions: partitions, inCluster: inCluster)
  }

  /// Whether this process listens: always when a role has routes for others; for a worker or a source alone,
  /// which have health, metrics and, where a worker mirrors, the mirror's routes, when a port was given.
  var listens: Bool {
    !roles.isSubset(of: [.worker, .firestoreSource]) || settings.isGiven("http.port")
  }

  /// How long requests, WebSockets and batches may take to end once a shutdown has begun. They end
  /// side by side; the rest of the time is for closing what they used.
  var drainDeadline: Duration {
    .milliseconds(settings.integer("shutdown.seconds") * 1000 * 3 / 4)
  }

  var httpServer: HTTPServerChannelConfiguration {
    var server = HTTPServerChannelConfiguration()
    server.bodyTimeout = .seconds(Int64(settings.integer("ingest.body_timeout_seconds")))
    server.headTimeout = .seconds(Int64(settings.integer("http.head_timeout_seconds")))
    server.shutdownTimeout = TimeAmount(drainDeadline)
    return server
  }

  var broadcast: BroadcastConfiguration {
    var broadcast = BroadcastConfiguration()
    broadcast.maximumOutstandingBytes = settings.integer("websocket.queue_bytes")
    broadcast.maximumSubscribers = settings.integer("websocket.max_subscribers")
    broadcast.maximumReplays = settings.integer("websocket.max_replays")
    broadcast.replayPageBytes = settings.integer("websocket.replay_bytes")
    return broadcast
  }

  var worker: WorkerConfiguration {
    var worker = WorkerConfiguration()
    worker.drainDeadline = drainDeadline
    worker.journalCap = settings.integer("journal.max_entries")
    worker.journalRetention = .seconds(settings.integer("journal.retention_seconds"))
    return worker
  }

  var sinks: [String] { settings.list("worker.sinks") }

  /// The sinks without whose groups nothing is trimmed. Where nobody says: this worker's, and each whose
  /// server is named, because another process may serve it. Expecting one too many keeps entries; expecting
  /// one too few loses them when Redis comes back empty.
  var expectedGroups: Set<String> {
    if let given = settings.givenList("journal.expected_groups") { return Set(given) }
    let named = SinkRegistry.all.filter { settings.text($0.server) != nil }
    return Set(sinks + named.map(\.name))
  }

  /// - Throws: when `DATABASE_URL` is not set, or nothing can be connected to by it.
  public func database() throws(ConfigurationError) -> PostgresConfiguration {
    let url = try settings.text("database.url", for: "PostgreSQL")
    try check(connectionString: url, of: "DATABASE_URL")
    var database = PostgresConfiguration(url: url)
    database.pooling = settings.text("database.pooler").flatMap { .init(rawValue: $0) } ?? .none
    return database
  }

  /// Where migrations are applied: they hold a lock from one transaction to the next, so no pooler may be
  /// between.
  ///
  /// - Throws: when neither of the two settings names a server to which a session can be had.
  public func migrationDatabase() throws(ConfigurationError) -> PostgresConfiguration {
    if let url = settings.text("database.migration_url") {
      try check(connectionString: url, of: "DATABASE_MIGRATION_URL")
      return PostgresConfiguration(url: url)
    }
    let database = try database()
    guard database.pooling == .none else {
      throw ConfigurationError(
        "DATABASE_MIGRATION_URL",
        "is not set, and DATABASE_URL leads to a pooler (DATABASE_POOLER): migrations need PostgreSQL itself"
      )
    }
    return database
  }

  private func check(
    connectionString: String, of variable: String
  ) throws(ConfigurationError) {
    if let fault = PostgresConnectionString.fault(in: connectionString) {
      throw ConfigurationError(variable, fault)
    }
  }

  /// An origin as browsers send it (RFC 6454, section 7); one with a path would never match.
  private func checkOrigins() throws(ConfigurationError) {
    for setting in Settings.all where setting.key.hasSuffix(".allowed_origins") {
      for origin in settings.givenList(setting.key) ?? [] where !["*", "null"].contains(origin) {
        let parts = URLComponents(string: origin)
        let isPlain = [parts?.path, parts?.query, parts?.fragment, parts?.user].allSatisfy {
          $0?.isEmpty ?? true
        }
        guard let parts, parts.scheme != nil, parts.host?.isEmpty == false, isPlain else {
          throw ConfigurationError(
            setting.variable,
            "must have origins such as https://class.school.example, without a path")
        }
      }
    }
  }

  /// Whether every role has the settings that it needs.
  ///
  /// - Throws: `ConfigurationError` that names the first one that is missing or wrong.
  public func check() throws(ConfigurationError) {
    _ = try bus()
    _ = try httpTLS()
    _ = try tokenKeys()
    try checkSignIn()
    if settings.text("xapi.home_page") != nil { _ = try activityNames() }
    _ = try trustedProxies()
    try checkOrigins()
    try checkSessions()
    // Commands use them, too, and so does the audit log.
    if settings.text("database.url") != nil { _ = try database() }
    if settings.text("database.migration_url") != nil { _ = try migrationDatabase() }
    try checkFirestore()
    if usesMirror { _ = try mirror() }
    if roles.contains(.dashboard) {
      _ = try database()
      _ = try activityInflux()
    }
    guard roles.contains(.worker) else { return }
    for sink in sinks { _ = try SinkRegistry.declaration(of: sink).configure(self) }
  }

  /// Where the dashboard asks for activity; nil without InfluxDB, which it can do without.
  func activityInflux() throws(ConfigurationError) -> InfluxConfiguration? {
    settings.text("influxdb.url") == nil ? nil : try influx()
  }

  func influx() throws(ConfigurationError) -> InfluxConfiguration {
    do {
      var influx = try InfluxConfiguration(
        url: settings.text("influxdb.url", for: "sink \(InfluxSink.name)"),
        token: settings.text("influxdb.token"), organization: settings.text("influxdb.org"),
        bucket: settings.text("influxdb.bucket"), database: settings.text("influxdb.database"),
        username: settings.text("influxdb.username"), password: settings.text("influxdb.password"))
      influx.linesPerRequest = settings.integer("worker.influxdb_batch_size")
      return influx
    } catch let error as InfluxConfigurationError {
      throw ConfigurationError(error.setting, error.problem)
    } catch let error as ConfigurationError {
      throw error
    } catch {
      preconditionFailure("only the errors above are thrown: \(error)")
    }
  }
}
