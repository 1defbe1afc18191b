import Broadcaster
import EventBus
public import Events
import Hummingbird
import Ingest
import Logging
import NIOCore
import NIOPosix
import Observability
import ServiceLifecycle
import UnixSignals
import WebSocketServer

/// A process of ProgressBus: the services of its roles, in their order.
public struct Server: Sendable {
  public static let version = "0.1.0"

  private let configuration: ServerConfiguration
  private let catalog: EventCatalog

  public init(configuration: ServerConfiguration, catalog: EventCatalog = .standard) {
    self.configuration = configuration
    self.catalog = catalog
  }

  /// Runs until SIGTERM or SIGINT, then drains and returns.
  ///
  /// - Throws: `ConfigurationError`, and what a service fails with.
  public func run() async throws {
    let writer = LogWriter.standardError()
    defer { writer.flush() }
    let logger = ServerLogging.makeLogger(
      label: "progressbus", configuration: configuration, catalog: catalog, writer: writer)
    let registry = MetricsRegistry()
    ProcessMetrics.register(in: registry, version: Self.version)
    let eventLoops = MultiThreadedEventLoopGroup.singleton
    let bus = try await RedisEventBus.start(configuration.bus(), on: eventLoops, logger: logger)
    let health = HealthRegistry()

    let router = Router()
    router.add(middleware: ProblemMiddleware())
    OperationsRoutes(registry: registry, health: health).add(to: router)
    let ingest = Ingest(
      configuration: configuration.ingest, catalog: catalog, publisher: bus.publisher,
      metrics: registry, eventLoops: eventLoops.makeIterator())
    let application = Application(
      router: router,
      server: .webSocketUpgrade(earlyHandlers: { ingest.makeHandlers(for: $0) }),
      configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
      eventLoopGroupProvider: .shared(eventLoops), logger: logger)
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: application)],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    bus.close()
  }
}
