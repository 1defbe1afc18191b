public import DeadLetters
import EventBus
import Events
import Logging
import NIOPosix

/// The dead letters with the connections that a command needs, by the process's settings.
public enum DeadLetterConnections {
  /// Runs `body` with the stores that dead letters of `sink` can be in, and closes them after. Without a
  /// sink, rows are left out where no database is configured.
  ///
  /// - Throws: when a store cannot be reached, a setting is missing or malformed, and what `body` throws.
  public static func withService<Value: Sendable>(
    of sink: String?, _ configuration: ServerConfiguration,
    _ body: (DeadLetterService) async throws -> Value
  ) async throws -> Value {
    let isAboutRows = sink == nil || sink == DeadLetter.bigQueryName
    let hasDatabase = configuration.settings.text("database.url") != nil
    let mirror =
      isAboutRows && (hasDatabase || sink != nil) ? try MirrorConnections.open(configuration) : nil
    do {
      let bus = sink == DeadLetter.bigQueryName ? nil : try await openBus(configuration)
      defer { bus?.close() }
      let value = try await body(
        DeadLetterService(
          bus: bus.map { .init($0, configuration, catalog: .standard) }, rows: mirror?.controller))
      await mirror?.close()
      return value
    } catch {
      await mirror?.close()
      throw error
    }
  }

  private static func openBus(_ configuration: ServerConfiguration) async throws -> RedisEventBus {
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "progressbus.dead-letters") { _ in SwiftLogNoOpLogHandler() })
    do {
      try await bus.check()
    } catch {
      bus.close()
      throw error
    }
    return bus
  }
}

extension DeadLetterService.Bus {
  /// The process's bus, and its rules for what is published by hand.
  init(_ bus: RedisEventBus, _ configuration: ServerConfiguration, catalog: EventCatalog) {
    self.init(
      store: bus.deadLetters, publisher: bus.publisher,
      decoder: CatalogHandPublishedDecoder(
        catalog: catalog, limits: configuration.eventLimits,
        keepsWork: configuration.settings.boolean("ingest.keep_work")))
  }
}
