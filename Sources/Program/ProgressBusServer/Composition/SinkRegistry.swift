import CurlTransport
import DeadLetters
import EventBus
import Events
import Influx
import Logging
import PostgresSink
import WorkerRuntime

/// A sink that a worker can have: all that the rest of the program must know of it.
struct SinkDeclaration: Sendable {
  typealias Maker = @Sendable (EventCatalog, Logger) -> any Sink

  /// The sink's own name: in settings, on the bus, in metrics and in answers.
  let name: String
  /// The setting that names the sink's server.
  let server: String
  /// Whether a worker has it when `worker.sinks` is not set.
  let isDefault: Bool
  /// The settings that only this sink reads.
  let settings: [Setting]
  /// Reads the settings that the sink needs; what comes back makes it. Nothing is connected yet.
  ///
  /// - Throws: when a setting is missing or wrong.
  let configure: @Sendable (ServerConfiguration) throws(ConfigurationError) -> Maker
}

/// Every sink, declared once. What is here can be named in `worker.sinks` and
/// `journal.expected_groups`, and its dead letters can be shown, replayed and purged by command, API and
/// page.
public enum SinkRegistry {
  static let all: [SinkDeclaration] = [postgres, influxDB]

  static var names: [String] { all.map(\.name) }

  /// Who can refuse what is to be stored: the bus, each sink, and the mirror.
  public static var deadLetterNames: [String] {
    [DeadLetter.busName] + names + [DeadLetter.bigQueryName]
  }

  /// - Parameter name: One of `names`.
  static func declaration(of name: String) -> SinkDeclaration {
    guard let declaration = all.first(where: { $0.name == name }) else {
      preconditionFailure("the settings allow no sink \(name)")
    }
    return declaration
  }

  private static let postgres = SinkDeclaration(
    name: PostgresSink.name, server: "database.url", isDefault: true,
    settings: [
      Setting(
        "worker.postgres_batch_size", .integer(1...100_000),
        default: "\(PostgresSink.defaultBatchSize)",
        "The most events in one PostgreSQL transaction; reached only while the worker lags behind."
      ),
      Setting(
        "worker.postgres_lanes", .integer(1...64), default: "\(PostgresSink.defaultLanes)",
        "PostgreSQL transactions at the same time."),
    ],
    configure: {
      (configuration: ServerConfiguration) throws(ConfigurationError) -> SinkDeclaration.Maker in
      let database = try configuration.database()
      let settings = configuration.settings
      return { catalog, logger in
        PostgresSink(
          database, catalog: catalog, lanes: settings.integer("worker.postgres_lanes"),
          batchSize: settings.integer("worker.postgres_batch_size"), logger: logger)
      }
    })

  private static let influxDB = SinkDeclaration(
    name: InfluxSink.name, server: "influxdb.url", isDefault: true,
    settings: [
      Setting(
        "worker.influxdb_batch_size", .integer(1...100_000),
        default: "\(InfluxConfiguration.defaultLinesPerRequest)",
        "The most points in one request to InfluxDB."),
      Setting(
        "worker.influxdb_lanes", .integer(1...64), default: "\(InfluxSink.defaultLanes)",
        "Requests to InfluxDB at the same time."),
    ],
    configure: {
      (configuration: ServerConfiguration) throws(ConfigurationError) -> SinkDeclaration.Maker in
      let influx = try configuration.influx()
      let lanes = configuration.settings.integer("worker.influxdb_lanes")
      return { catalog, _ in
        InfluxSink(
          configuration: influx, transport: CurlTransport(), catalog: catalog, lanes: lanes)
      }
    })
}
