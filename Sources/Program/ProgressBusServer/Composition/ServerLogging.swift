import Events
import Logging
import Observability

/// How a process writes its log.
enum ServerLogging {
  /// The names under which personal data may stand in a record: every such field of the catalog.
  static func redactedKeys(of catalog: EventCatalog) -> RedactedKeys {
    RedactedKeys(
      catalog.kinds.flatMap(\.fields).filter { $0.privacy != .open }
        .flatMap { [$0.name, $0.column, $0.alias].compactMap { $0 } } + ["payload", "event_id"])
  }

  static func makeLogger(
    label: String, configuration: ServerConfiguration, catalog: EventCatalog, writer: LogWriter
  ) -> Logger {
    Logger(label: label) { label in
      RedactingLogHandler(
        label: label, level: configuration.logLevel, format: configuration.logFormat,
        redactedKeys: redactedKeys(of: catalog), writer: writer)
    }
  }
}
