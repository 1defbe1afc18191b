import API
import Access
import BigQueryMirror
import Broadcaster
import CoreMetrics
import CurlTransport
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
import PostgresDriver
import PostgresSink
import ServiceLifecycle
import SignIn
import TLS
import TeacherMessages
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
    let hub = makeHub()
    if let hub { await registerLiveStreamCheck(of: hub, in: health) }
    return try assemble(
      health: health, hub: hub, worker: worker, mirror: mirror, source: source, onReady: onReady)
  }

  private func registerBusCheck(in health: HealthRegistry) async {
    let acceptsEvents = configuration.roles.contains(.ingest)
    // Longer than Redis may be silent, so that the reason is told.
    await health.register("bus", isRequired: true, deadline: .seconds(3)) { [bus] in
      let faults = await bus.faults()
      let stands = faults.contains {
        !$0.fault.concernsSomePartitionsAlone
          && (acceptsEvents || !$0.fault.concernsPublishingAlone)
      }
      return HealthCheckResult(
        faults.isEmpty ? .ok : stands ? .down : .degraded,
        detail: faults.isEmpty ? nil : faults.map(\.description).joined(separator: "; "))
    }
  }

  /// A process that takes events in does so without the live stream, too.
  private func registerLiveStreamCheck(of hub: BroadcastHub, in health: HealthRegistry) async {
    let isRequired = !configuration.roles.contains(.ingest)
    await health.register("live_stream", isRequired: isRequired) {
      hub.isOpen
        ? HealthCheckResult(.ok)
        : HealthCheckResult(.down, detail: "not subscribed to the channel; WebSockets get 503")
    }
  }

  private func assemble(
    health: HealthRegistry, hub: BroadcastHub?, worker: Worker?, mirror: MirrorConnections?,
    source: FirestoreSource?, onReady: @escaping @Sendable (Int) async -> Void
  ) throws -> [any Service] {
    let access = try makeAccess()
    var services = access.services
    var listeners: [any ChannelListener] = []
    if let hub {
      services.append(hub)
      listeners.append(hub)
      access.revocations?.onChange { hub.lookAtStays() }
    }
    let messages = try makeMessages(mirror: mirror)
    if let messages {
      services.append(messages.board)
      listeners.append(MessageListener(messages.board))
    }
    if let worker {
      services += try workerServices(worker)
      listeners.append(worker.channelListener)
    }
    if let mirror, configuration.isMirrorEnabled, configuration.roles.contains(.worker) {
      services.append(MirrorService(controller: mirror.controller, logger: logger))
    }
    if let source { services.append(source) }
    if configuration.roles.contains(.dashboard) { services.append(try makeAlertWatcher()) }
    if !listeners.isEmpty {
      services.append(ChannelListening(channel: bus.channel, listeners: listeners))
    }
    if configuration.listens {
      let tls = try configuration.httpTLS()
      let openID = try makeOpenIDSignIn()
      if let openID { services.append(OpenIDUpkeep(signIn: openID)) }
      services.append(
        try makeApplication(
          health: health, hub: hub, mirror: mirror, access: access.check, openID: openID,
          messages: messages?.routes, tls: tls, onReady: onReady))
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

  /// Nil without the role, and where the way back is switched off.
  func makeMessages(
    mirror: MirrorConnections?
  ) throws -> (board: MessageBoard, routes: MessageRoutes)? {
    guard configuration.roles.contains(.dashboard),
      configuration.settings.boolean("messages.enabled")
    else { return nil }
    let database = try configuration.database()
    let board = MessageBoard(store: MessageStore(database, logger: logger), logger: logger)
    return (
      board,
      MessageRoutes(
        board: board, store: MessageStore(database, logger: logger), publisher: bus.publisher,
        decoder: decoder, erased: bus.erased, claims: MessageClaims(bus.cache),
        audit: mirror?.audit)
    )
  }

  private func makeAlertWatcher() throws -> ClassAlertWatcher {
    ClassAlertWatcher(
      database: ReadDatabase(try configuration.database(), size: 1, logger: logger),
      rules: configuration.classAlertRules, claims: bus.cache,
      webhook: try configuration.classAlertWebhookURL().map {
        ClassAlertWebhook(url: $0, transport: CurlTransport(), logger: logger)
      },
      metrics: registry, logger: logger)
  }

  /// Who may do what; and what keeps that fresh.
  private func makeAccess() throws -> (
    check: AccessCheck, revocations: RevocationList?, services: [any Service]
  ) {
    guard configuration.listens else { return (.open, nil, []) }
    // Its series are there where nobody is asked for a token, too: a panel without any looks broken.
    let refused = RefusedRequests(metrics: registry)
    guard let keys = try configuration.tokenKeys(logger: logger) else { return (.open, nil, []) }
    let revocations = RevocationList(logger: logger)
    let upkeep = AccessUpkeep(
      keys: keys, revocations: revocations, store: RevocationsInRedis(tokens: bus.revokedTokens))
    let check = AccessCheck(
      rules: configuration.tokenRules, keys: keys, revocations: revocations,
      refused: refused)
    return (check, revocations, [upkeep])
  }

  /// Nil without the role, and where no provider is set.
  private func makeOpenIDSignIn() throws -> OpenIDSignIn? {
    guard configuration.roles.contains(.dashboard) else { return nil }
    return try configuration.openIDSignIn(logger: logger)
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
    openID: OpenIDSignIn?, messages: MessageRoutes?, tls: ReloadingServerContext?,
    onReady: @escaping @Sendable (Int) async -> Void
  ) throws -> some Service {
    let proxies = try configuration.trustedProxies()
    let router = try makeRouter(
      health: health, mirror: mirror, access: access, openID: openID, messages: messages,
      proxies: proxies
    ).checked()
    let eventLoops = MultiThreadedEventLoopGroup.singleton
    let ingest =
      configuration.roles.contains(.ingest)
      ? Ingest(
        configuration: configuration.ingest, catalog: catalog.sentByClients,
        publisher: bus.publisher,
        access: access,
        limits: configuration.sendingLimits(proxies: proxies, metrics: registry),
        metrics: registry, eventLoops: eventLoops.makeIterator()) : nil
    let requestLimits = configuration.requestLimits(proxies: proxies, metrics: registry)
    var server = configuration.httpServer
    server.connectionLimit = makeConnectionLimit(proxies: proxies)
    server.onTimeout = configuration.timeoutCounting(in: registry)
    server.tls = tls
    let application = Application(
      router: router,
      server: .webSocketUpgrade(
        configuration: server,
        earlyHandlers: { channel in
          let handlers = ingest?.makeHandlers(for: channel) ?? []
          return handlers + (requestLimits.map { [$0.makeHandler(for: channel)] } ?? [])
        },
        webSockets: hub.map { [webSocketRoute(of: $0, access: access)] } ?? []),
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), backlog: 4096),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
      eventLoopGroupProvider: .shared(eventLoops), logger: logger)
    return ListeningService(
      application: application, host: configuration.host, port: configuration.port)
  }

  private func makeConnectionLimit(proxies: TrustedProxies) -> ConnectionLimit {
    let limit = configuration.connectionLimit(proxies: proxies, metrics: registry)
    let connections = ProgressBusMetric.httpConnections.gauge(in: registry)
    registry.onCollect { connections.set(limit.count) }
    return limit
  }

  var decoder: CatalogHandPublishedDecoder {
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
