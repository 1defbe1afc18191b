import EventBus
import Events
import Ingest
public import Logging
public import Observability
internal import RedisDriver

/// The settings of a process, checked and typed.
public struct ServerConfiguration: Sendable {
  public let settings: ResolvedSettings
  public let roles: Set<Role>
  public let host: String
  public let port: Int
  public let logLevel: Logger.Level
  public let logFormat: LogFormat

  /// - Throws: `ConfigurationError` for a combination of settings that cannot work.
  public init(_ settings: ResolvedSettings) throws(ConfigurationError) {
    self.settings = settings
    roles = Set(settings.list("roles").compactMap(Role.init))
    host = try settings.text("http.host", for: "the server")
    port = settings.integer("http.port")
    logLevel = Logger.Level(rawValue: settings.text("log.level") ?? "") ?? .info
    logFormat = LogFormat(rawValue: settings.text("log.format") ?? "") ?? .text
    guard Self.isLoopback(host) || settings.boolean("insecure_allow_anonymous") else {
      throw ConfigurationError(
        "PROGRESSBUS_HTTP_HOST",
        "\(host) is beyond loopback, where anyone could send and read events without logging in; "
          + "set PROGRESSBUS_INSECURE_ALLOW_ANONYMOUS=true only where the port itself is protected")
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  var eventLimits: EventLimits {
    EventLimits(
      eventBytes: settings.integer("ingest.event_bytes"),
      depth: settings.integer("ingest.event_depth"),
      microsecondsAhead: Int64(settings.integer("ingest.hours_ahead")) * 3_600_000_000)
  }

  var ingest: IngestConfiguration {
    IngestConfiguration(
      bodyBytes: settings.integer("ingest.body_bytes"),
      eventsPerRequest: settings.integer("ingest.events_per_request"),
      eventLimits: eventLimits, keepsWork: settings.boolean("ingest.keep_work"),
      allowedOrigins: settings.list("ingest.allowed_origins"))
  }

  func bus() throws(ConfigurationError) -> RedisEventBusConfiguration {
    let url = try settings.text("redis.url", for: "the event bus")
    do {
      return RedisEventBusConfiguration(
        address: try RedisAddress(parsing: url), journalCapacity: settings.integer("journal.max_entries"))
    } catch {
      throw ConfigurationError("REDIS_URL", "\(error)")
    }
  }
}
