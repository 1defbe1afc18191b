import API
import BigQueryMirror
import Broadcaster
import CoreMetrics
import CurlTransport
import DeadLetters
import EventBus
import Events
import FirestoreSource
import Foundation
import HTTPServer
import Hummingbird
import Influx
import Ingest
import Logging
import NIOPosix
import Observability
import Pages
import PostgresDriver
import PostgresSink
import ServiceLifecycle
import SessionRoutes
import TLS
import WorkerRuntime

/// Puts together what the roles of a process need; the only place that knows all of them.
struct ServerServices {
  let configuration: ServerConfiguration
  let catalog: EventCatalog
  let bus: RedisEventBus
  let registry: MetricsRegistry
  let logger: Logger

  /// - Throws: `ConfigurationError` when a role lacks a setting.
  static func make(
    configuration: ServerConfiguration, catalog: EventCatalog, bus: RedisEventBus,
    registry: MetricsRegistry, logger: Logger, onReady: @escaping @Sendable (Int) async -> Void
  ) async throws -> [any Service] {
    try await ServerServices(
      configuration: configuration, catalog: catalog, bus: bus, registry: registry, logger: logger
    ).services(onReady: onReady)
  }

  private func services(
    onReady: @escaping @Sendable (Int) async -> Void
  ) async throws -> [any Service] {
    let health = HealthRegistry()
    let acceptsEvents = configuration.roles.contains(.ingest)
    // Longer than Redis may be silent, so that the reason is told.
    await health.register("bus", isRequired: true, deadline: .seconds(3)) { [bus] in
      let faults = await bus.faults()
      let stands = faults.contains { acceptsEvents || !$0.fault.concernsPublishingAlone }
      return HealthCheckResult(
        faults.isEmpty ? .ok : stands ? .down : .degraded,
        detail: faults.isEmpty ? nil : faults.map(\.description).joined(separator: "; "))
    }
    var services: [any Service] = []
    var listeners: [any ChannelListener] = []
    var hub: BroadcastHub?
    if configuration.roles.contains(.dashboard) {
      let broadcaster = BroadcastHub(
        journal: bus.journal, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        configuration: configuration.broadcast, metrics: registry, logger: logger)
      services.append(broadcaster)
      listeners.append(broadcaster)
      hub = broadcaster
    }
    if configuration.roles.contains(.worker) {
      let worker = try makeWorker()
      await worker.registerChecks(in: health)
      services.append(worker)
      services.append(
        WorkerReporter(worker: worker, reports: bus.reports, logger: logger))
      listeners.append(worker.channelListener)
    }
    let mirror = try await makeMirror(health: health)
    if let mirror, configuration.isMirrorEnabled, configuration.roles.contains(.worker) {
      services.append(MirrorService(controller: mirror.controller, logger: logger))
    }
    if configuration.roles.contains(.firestoreSource) {
      let source = try makeFirestoreSource()
      await source.registerCheck(in: health)
      services.append(source)
    }
    if !listeners.isEmpty {
      services.append(ChannelListening(channel: bus.channel, listeners: listeners))
    }
    if configuration.listens {
      let tls = try configuration.httpTLS()
      services.append(
        try makeApplication(health: health, hub: hub, mirror: mirror, tls: tls, onReady: onReady))
      if let tls { services.append(CertificateReloading(certificate: tls, logger: logger)) }
    }
    return services
  }

  private func makeWorker() throws -> Worker {
    let sinks = try configuration.sinks.map { name in
      try SinkRegistry.declaration(of: name).configure(configuration)(catalog, logger)
    }
    ProgressBusMetric.journalCapacity.gauge(in: registry)
      .set(configuration.settings.integer("journal.max_entries"))
    return Worker(
      sinks: sinks,
      expectedGroups: configuration.expectedGroups,
      journal: bus.journal, deadLetters: bus.deadLetters, register: bus.adoptions,
      decoder: decoder, configuration: configuration.worker, metrics: registry, logger: logger)
  }

  private func makeFirestoreSource() throws -> FirestoreSource {
    var database = try configuration.database()
    database.applicationName = "progressbus-firestore"
    let transport = CurlTransport()
    let tokens = GoogleAccessTokens(
      credentialsPath: configuration.settings.text("google.application_credentials"),
      environment: ProcessInfo.processInfo.environment, transport: transport)
    return FirestoreSource(
      configuration: configuration.firestoreSource, rules: try configuration.completionRules(),
      database: try configuration.firestore(
        transport: transport, authorization: tokens.authorization()),
      pool: PostgresPool(database, size: 8, logger: logger),
      publisher: CompletedSessionPublisher(publisher: bus.publisher, decoder: decoder),
      metrics: registry, logger: logger)
  }

  /// Nil where nothing of the mirror is wanted: a worker without a database, an ingest.
  private func makeMirror(health: HealthRegistry) async throws -> MirrorConnections? {
    guard configuration.usesMirror else { return nil }
    let mirror = try MirrorConnections.open(configuration, logger: logger)
    guard configuration.isMirrorEnabled else { return mirror }
    try await mirror.prepare(logger: logger)
    await health.register("bigquery", isRequired: false) {
      do {
        let report = try await mirror.controller.health()
        let remarks = (report.problems + report.warnings).joined(separator: "; ")
        return HealthCheckResult(
          report.status == .healthy ? .ok : report.isHealthy ? .degraded : .down,
          detail: remarks.isEmpty ? nil : remarks)
      } catch {
        return HealthCheckResult(.down, detail: "\(error)")
      }
    }
    return mirror
  }

  private func makeApplication(
    health: HealthRegistry, hub: BroadcastHub?, mirror: MirrorConnections?,
    tls: ReloadingServerContext?, onReady: @escaping @Sendable (Int) async -> Void
  ) throws -> some Service {
    let router = try makeRouter(health: health, mirror: mirror)
    let eventLoops = MultiThreadedEventLoopGroup.singleton
    let ingest =
      configuration.roles.contains(.ingest)
      ? Ingest(
        configuration: configuration.ingest, catalog: catalog, publisher: bus.publisher,
        metrics: registry, eventLoops: eventLoops.makeIterator()) : nil
    var server = configuration.httpServer
    server.connectionLimit = makeConnectionLimit()
    server.tls = tls
    let application = Application(
      router: router,
      server: .webSocketUpgrade(
        configuration: server,
        earlyHandlers: { channel in ingest?.makeHandlers(for: channel) ?? [] },
        webSockets: hub.map { [webSocketRoute(of: $0)] } ?? []),
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), backlog: 4096),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
      eventLoopGroupProvider: .shared(eventLoops), logger: logger)
    return ListeningService(
      application: application, host: configuration.host, port: configuration.port)
  }

  private func makeConnectionLimit() -> ConnectionLimit {
    let refused = ProgressBusMetric.httpConnectionsRefused.counter(in: registry)
    let limit = ConnectionLimit(
      maximum: configuration.settings.integer("http.max_connections"),
      onRefusal: { refused.increment() })
    let connections = ProgressBusMetric.httpConnections.gauge(in: registry)
    registry.onCollect { connections.set(limit.count) }
    return limit
  }

  private func webSocketRoute(of hub: BroadcastHub) -> WebSocketRoute {
    var route = hub.route()
    route.hosts = readerHosts
    route.origins = OriginCheck(
      allowed: configuration.settings.givenList("websocket.allowed_origins") ?? [])
    return route
  }

  /// Where learners' data may be read: whatever is good enough for operators is for teachers.
  private var readerHosts: HostCheck {
    HostCheck(
      (configuration.settings.givenList("http.allowed_hosts") ?? []) + operatorHostNames)
  }

  private var operatorHostNames: [String] {
    configuration.settings.givenList("http.operator_hosts") ?? []
  }

  /// Every route but the ingest's and the WebSocket's, which answer before a router is asked.
  func makeRouter(
    health: HealthRegistry, mirror: MirrorConnections?
  ) throws -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: CrossOriginProtection())
    HealthAndMetricsRoutes(registry: registry, health: health).add(to: router)
    let operators = router.group()
      .add(
        middleware: KnownHosts(
          HostCheck(operatorHostNames, hint: "PROGRESSBUS_HTTP_OPERATOR_HOSTS adds names")))
    let readers = router.group().add(middleware: KnownHosts(readerHosts))
    if let mirror {
      MirrorRoutes(controller: mirror.controller).add(to: operators)
      StatisticsRoutes(
        statistics: LearnerStatistics(controller: mirror.controller, cache: bus.cache)
      ).add(to: readers)
    }
    if configuration.roles.contains(.ingest) {
      CloudEventRoute(
        rules: try configuration.completionRules(), database: try configuration.firestoreDatabase(),
        publisher: CompletedSessionPublisher(publisher: bus.publisher, decoder: decoder),
        bodyLimit: configuration.ingest.bodyBytes, metrics: registry, logger: logger
      ).add(to: router)
    }
    if configuration.roles.contains(.dashboard) {
      OperatorRoutes(
        bus: bus, journalCapacity: configuration.settings.integer("journal.max_entries"),
        deadLetters: DeadLetterService(
          bus: .init(bus, configuration, catalog: catalog), rows: mirror?.controller),
        sinks: SinkRegistry.deadLetterNames
      ).add(to: operators)
      SessionRoutes(sessions: try SessionConnections.makeRouter(configuration)).add(to: operators)
      try makeReadRoutes().add(to: readers)
      try PageRoutes.load().add(to: readers)
    }
    return router
  }

  /// The read API with what this process knows: its database, journal and InfluxDB.
  ///
  /// - Throws: `ConfigurationError` without `DATABASE_URL`, `ResourceError` without `openapi.yaml`.
  private func makeReadRoutes() throws -> ReadRoutes {
    try ReadRoutes(
      database: ReadDatabase(try configuration.database(), logger: logger),
      position: { [bus, logger] in
        do {
          return try await bus.journal.state().storedPosition(of: PostgresSink.name)?.description
        } catch {
          logger.debug("the journal's state cannot be read", metadata: ["error": "\(error)"])
          return nil
        }
      },
      activity: try configuration.activityInflux().flatMap {
        InfluxActivitySource($0, transport: CurlTransport())
      },
      logger: logger)
  }

  private var decoder: CatalogHandPublishedDecoder {
    CatalogHandPublishedDecoder(
      catalog: catalog, limits: configuration.eventLimits,
      keepsWork: configuration.settings.boolean("ingest.keep_work"))
  }
}

/// The process's one subscription to the channel, shared by all who listen: each more would cost
/// Redis a copy of every event.
private struct ChannelListening: Service {
  let channel: any EventChannel
  let listeners: [any ChannelListener]

  func run() async throws {
    await cancelWhenGracefulShutdown { await channel.listen(listeners) }
  }
}
