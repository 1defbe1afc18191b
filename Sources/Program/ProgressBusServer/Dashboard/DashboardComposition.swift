import API
import CurlTransport
import EventBus
import Logging

extension DashboardRoutes {
  /// The dashboard's routes with what this process knows: its database, journal and InfluxDB.
  ///
  /// - Throws: `ConfigurationError` without `DATABASE_URL`, `ResourceError` without `openapi.yaml`.
  static func make(
    configuration: ServerConfiguration, bus: RedisEventBus, logger: Logger
  ) throws -> DashboardRoutes {
    try DashboardRoutes(
      database: ReadDatabase(try configuration.database(), logger: logger),
      position: {
        do {
          return try await bus.journal.state().storedPosition(of: "postgres")?.description
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
}
