import API
import Access
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
import LearnerRights
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

  // In small steps: the optimiser of Swift 6.3.1 crashes on one coroutine that does all of it.
  private func services(
    onReady: @escaping @Sendable (Int) async -> Void
  ) async throws -> [any Service] {
    let health = HealthRegistry()
    await registerBusCheck(in: health)
    let worker = try makeWorker()
    await worker?.registerChecks(in: health)
    let mirror = try await makeMirror(health: health)
    let source = try makeFirestoreSource()
    await source?.registerCheck(in: health)
    return try assemble(
      health: health, worker: worker, mirror: mirror, source: source, onReady: onReady)
  }

  private func registerBusCheck(in health: HealthRegistry) async {
    let acceptsEvents = configuration.roles.contains(.ingest)
    // Longer than Redis may be silent, so that the reason is told.
    await health.register("bus", isRequired: true, deadline: .seconds(3)) { [bus] in
      let faults = await bus.faults()
      let stands = faults.contains { acceptsEvents || !$0.fault.concernsPublishingAlone }
      return HealthCheckResult(
        faults.isEmpty ? .ok : stands ? .down : .degraded,
        detail: faults.isEmpty ? nil : faults.map(\.description).joined(separator: "; "))
    }
  }

  private func assemble(
    health: HealthRegistry, worker: Worker?, mirror: MirrorConnections?, source: FirestoreSource?,
    onReady: @escaping @Sendable (Int) async -> Void
  ) throws -> [any Service] {
    let access = try makeAccess()
    var services = access.services
    var listeners: [any ChannelListener] = []
    let hub = makeHub()
    if let hub {
      services.append(hub)
      listeners.append(hub)
      access.revocations?.onChange { hub.lookAtStays() }
    }
    if let worker {
      services += try workerServices(worker)
      listeners.append(worker.channelListener)
    }
    if let mirror, configuration.isMirrorEnabled, configuration.roles.contains(.worker) {
      services.append(MirrorService(controller: mirror.controller, logger: logger))
    }
    if let source { services.append(source) }
    if !listeners.isEmpty {
      services.append(ChannelListening(channel: bus.channel, listeners: listeners))
    }
    if configuration.listens {
      let tls = try configuration.httpTLS()
      services.append(
        try makeApplication(
          health: health, hub: hub, mirror: mirror, access: access.check, tls: tls,
          onReady: onReady))
      if let tls { services.append(CertificateReloading(certificate: tls, logger: logger)) }
    }
    return services
  }

  private func makeHub() -> BroadcastHub? {
    guard configuration.roles.contains(.dashboard) else { return nil }
    return BroadcastHub(
      journal: bus.journal, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      configuration: configuration.broadcast, metrics: registry, logger: logger)
  }

  private func workerServices(_ worker: Worker) throws -> [any Service] {
    var services: [any Service] = [
      worker, WorkerReporter(worker: worker, reports: bus.reports, logger: logger),
    ]
    if configuration.settings.text("database.url") != nil {
      services.append(
        ErasedLearnersKeeper(
          pool: PostgresPool(try configuration.database(), size: 1, logger: logger),
          redis: bus.erasedStore, logger: logger))
    }
    return services
  }

  /// Who may do what; and what keeps that fresh.
  private func makeAccess() throws -> (
    check: AccessCheck, revocations: RevocationList?, services: [any Service]
  ) {
    guard configuration.listens, let keys = try configuration.tokenKeys(logger: logger) else {
      return (.open, nil, [])
    }
    let revocations = RevocationList(logger: logger)
    let upkeep = AccessUpkeep(
      keys: keys, revocations: revocations, store: RevocationsInRedis(tokens: bus.revokedTokens))
    let check = AccessCheck(
      rules: configuration.tokenRules, keys: keys, revocations: revocations)
    return (check, revocations, [upkeep])
  }

  /// Nil without the role.
  private func makeWorker() throws -> Worker? {
    guard configuration.roles.contains(.worker) else { return nil }
    let sinks = try configuration.sinks.map { name -> any Sink in
      let sink = try SinkRegistry.declaration(of: name).configure(configuration)(catalog, logger)
      return ErasureFilteringSink(sink, erased: bus.erased)
    }
    ProgressBusMetric.journalCapacity.gauge(in: registry)
      .set(configuration.settings.integer("journal.max_entries"))
    return Worker(
      sinks: sinks,
      expectedGroups: configuration.expectedGroups,
      journal: bus.journal, deadLetters: bus.deadLetters, register: bus.adoptions,
      decoder: decoder, configuration: configuration.worker, metrics: registry, logger: logger)
  }

  /// Nil without the role.
  private func makeFirestoreSource() throws -> FirestoreSource? {
    guard configuration.roles.contains(.firestoreSource) else { return nil }
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
    health: HealthRegistry, hub: BroadcastHub?, mirror: MirrorConnections?, access: AccessCheck,
    tls: ReloadingServerContext?, onReady: @escaping @Sendable (Int) async -> Void
  ) throws -> some Service {
    let router = try makeRouter(health: health, mirror: mirror, access: access).checked()
    let eventLoops = MultiThreadedEventLoopGroup.singleton
    let ingest =
      configuration.roles.contains(.ingest)
      ? Ingest(
        configuration: configuration.ingest, catalog: catalog, publisher: bus.publisher,
        access: access, metrics: registry, eventLoops: eventLoops.makeIterator()) : nil
    var server = configuration.httpServer
    server.connectionLimit = makeConnectionLimit()
    server.tls = tls
    let application = Application(
      router: router,
      server: .webSocketUpgrade(
        configuration: server,
        earlyHandlers: { channel in ingest?.makeHandlers(for: channel) ?? [] },
        webSockets: hub.map { [webSocketRoute(of: $0, access: access)] } ?? []),
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

  private func webSocketRoute(of hub: BroadcastHub, access: AccessCheck) -> WebSocketRoute {
    var route = hub.route(access: access)
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

  /// Every route but the ingest's and the WebSocket's, which answer before a router is asked. Each stands in a
  /// group that says what it requires.
  func makeRouter(
    health: HealthRegistry, mirror: MirrorConnections?, access: AccessCheck = .open
  ) throws -> AccessRouter<CallerRequestContext> {
    let base = Router(context: CallerRequestContext.self, options: .autoGenerateHeadEndpoints)
    base.add(middleware: ProblemMiddleware())
    base.add(middleware: CrossOriginProtection())
    let router = AccessRouter(base, check: access)
    let watching = HealthAndMetricsRoutes(registry: registry, health: health)
    watching.addHealth(to: router.requiring(.open))
    watching.addMetrics(to: router.requiring(.operating))
    let operatorHosts = KnownHosts<CallerRequestContext>(
      HostCheck(operatorHostNames, hint: "PROGRESSBUS_HTTP_OPERATOR_HOSTS adds names"))
    let operators = router.requiring(.operating).add(middleware: operatorHosts)
    let readers = router.requiring(.reading).add(middleware: KnownHosts(readerHosts))
    let anybody = router.requiring(.open).add(middleware: KnownHosts(readerHosts))
    if let mirror {
      MirrorRoutes(controller: mirror.controller, audit: mirror.audit).add(to: operators)
      // Its rows name no course, so no teacher's token can be for them.
      StatisticsRoutes(
        statistics: LearnerStatistics(controller: mirror.controller, cache: bus.cache)
      ).add(to: router.requiring(.operating).add(middleware: KnownHosts(readerHosts)))
    }
    if configuration.roles.contains(.ingest) {
      CloudEventRoute(
        rules: try configuration.completionRules(), database: try configuration.firestoreDatabase(),
        publisher: CompletedSessionPublisher(publisher: bus.publisher, decoder: decoder),
        bodyLimit: configuration.ingest.bodyBytes, metrics: registry, logger: logger
      ).add(to: router.requiring(.sending(into: Envelope.defaultCourse)))
    }
    if configuration.roles.contains(.dashboard) {
      OperatorRoutes(
        bus: bus, journalCapacity: configuration.settings.integer("journal.max_entries"),
        deadLetters: DeadLetterService(
          bus: .init(bus, configuration, catalog: catalog), rows: mirror?.controller),
        sinks: SinkRegistry.deadLetterNames, audit: mirror?.audit
      ).add(to: operators)
      SessionRoutes(sessions: try SessionConnections.makeRouter(configuration)).add(to: operators)
      let reading = try makeReadRoutes()
      reading.add(to: readers)
      reading.addDescription(to: anybody)
      try PageRoutes.load().add(to: anybody)
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
