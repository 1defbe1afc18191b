import AuditStore
public import BigQueryMirror
import CurlTransport
public import EventBus
import Foundation
public import Logging
import Observability
import PostgresDriver

/// The mirror with the connections that it needs, by the process's settings.
public struct MirrorConnections: Sendable {
  /// A flush sends several tables at once, and each holds its lease on a second connection.
  private static let connections = 8

  public let controller: MirrorController
  private let pool: PostgresPool
  /// In the mirror's database.
  var audit: any AuditLog { PostgresAuditLog(pool: pool) }
  private let transport: CurlTransport

  /// Connects to nothing yet; `close()` when done.
  ///
  /// - Parameters:
  ///   - needsProject: whether BigQuery is to be asked although the mirror may be off.
  ///   - logger: nil for silence.
  /// - Throws: when a setting is missing or malformed.
  public static func open(
    _ configuration: ServerConfiguration, needsProject: Bool = false, logger: Logger? = nil
  ) throws(ConfigurationError) -> MirrorConnections {
    var database = try configuration.database()
    database.applicationName = "progressbus-mirror"
    let logger =
      logger ?? Logger(label: "progressbus.mirror") { _ in SwiftLogNoOpLogHandler() }
    let pool = PostgresPool(database, size: connections, logger: logger)
    let transport = CurlTransport()
    return MirrorConnections(
      controller: MirrorController(
        configuration: try configuration.mirror(needsProject: needsProject),
        isEnabled: configuration.isMirrorEnabled, pool: pool, transport: transport,
        environment: ProcessInfo.processInfo.environment, logger: logger),
      pool: pool, transport: transport)
  }

  public func close() async {
    await transport.shutdown()
    await pool.close()
  }

  /// Proves that the mirror can start, as far as the servers that it needs answer.
  ///
  /// - Throws: `MirrorError.missingSalt`, `.demandedColumn` or `.credentials`. Servers that do not
  ///   answer are waited for once the mirror runs.
  func prepare(logger: Logger) async throws {
    do {
      try await controller.prepare()
    } catch let error as PostgresError {
      logger.warning("the mirror waits for PostgreSQL", metadata: ["error": "\(error)"])
    } catch let error as MirrorError where error.mayPass {
      logger.warning("the mirror waits for Google", metadata: ["error": "\(error)"])
    }
  }
}

extension RedisCache: StatisticsCache {
  public func unlock(_ key: String) async throws { try await remove(key) }
}
