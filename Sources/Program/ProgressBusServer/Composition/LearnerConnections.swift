import BigQueryMirror
import CurlTransport
import EventBus
import Influx
public import LearnerRights
import Logging
import NIOPosix
import PostgresDriver

/// Every store that may hold something of a learner, by the process's settings.
public enum LearnerConnections {
  /// Runs `body` with the stores, and closes them after.
  ///
  /// - Throws: when a setting is missing or malformed, a store cannot be reached, and what `body` throws.
  public static func withStores<Value: Sendable>(
    _ configuration: ServerConfiguration, _ body: (LearnerStores) async throws -> Value
  ) async throws -> Value {
    var database = try configuration.database()
    database.applicationName = "progressbus-learners"
    let logger = Logger(label: "progressbus.learners") { _ in SwiftLogNoOpLogHandler() }
    let influx =
      configuration.settings.text("influxdb.url") == nil ? nil : try configuration.influx()
    let knowsProject =
      configuration.settings.text("bq_sync.project_id") != nil
      || configuration.settings.text("google.project") != nil
    let mirror = try MirrorConnections.open(configuration, needsProject: knowsProject)
    let pool = PostgresPool(database, size: 4, logger: logger)
    let transport = CurlTransport()
    func close() async {
      await mirror.close()
      await pool.close()
      await transport.shutdown()
    }
    do {
      let bus = try await RedisEventBus.start(
        configuration.bus(), on: MultiThreadedEventLoopGroup.singleton.next(), logger: logger)
      defer { bus.close() }
      try await bus.check()
      // A project may be named for Firestore alone.
      var hasWarehouse = configuration.isMirrorEnabled
      if !hasWarehouse, knowsProject { hasWarehouse = try await mirror.controller.hasEverSent() }
      let value = try await body(
        LearnerStores(
          bus: bus, pool: pool,
          influx: influx.map { InfluxLearnerPoints(configuration: $0, transport: transport) },
          warehouse: hasWarehouse
            ? .mirror(mirror.controller) : .unknownProject(mirror.controller)))
      await close()
      return value
    } catch {
      await close()
      throw error
    }
  }
}
