import BigQueryMirror
import CoreMetrics
import EventBus
public import Events
import Logging
import NIOCore
import NIOPosix
import Observability
import ServiceLifecycle
import UnixSignals

/// A process of ProgressBus: the services of its roles.
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
  /// - Parameter onReady: called with the port once the process listens.
  /// - Throws: `ConfigurationError`, and what a service fails with.
  public func run(onReady: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    try configuration.check()
    let writer = LogWriter.standardError()
    defer { writer.flush() }
    let logger = ServerLogging.makeLogger(
      label: "progressbus", configuration: configuration, catalog: catalog, writer: writer)
    if let warning = configuration.sessionWarning { logger.warning("\(warning)") }
    let registry = MetricsRegistry()
    MetricsSystem.bootstrap(registry)
    ProcessMetrics.register(in: registry, version: Self.version)
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton, metrics: registry,
      logger: logger)
    defer { bus.close() }
    let services = try await ServerServices.make(
      configuration: configuration, catalog: catalog, bus: bus, registry: registry, logger: logger,
      onReady: onReady)
    var group = ServiceGroupConfiguration(
      services: [
        .init(
          service: ParallelServices(
            services: services + [RedisSettingsCheck(bus: bus, logger: logger)]))
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(
      configuration.settings.integer("shutdown.seconds"))
    logger.info(
      "started",
      metadata: ["roles": "\(configuration.roles.map(\.rawValue).sorted().joined(separator: ","))"])
    try await ServiceGroup(configuration: group).run()
    logger.info("stopped")
  }
}

/// Services that start together and, at a graceful shutdown, end side by side: a slow dashboard then
/// does not take the worker's time to drain.
private struct ParallelServices: Service {
  let services: [any Service]

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services { group.addTask { try await service.run() } }
      // The first that fails leaves the group and so ends the others; `waitForAll` would not.
      while try await group.next() != nil {}
    }
  }
}
