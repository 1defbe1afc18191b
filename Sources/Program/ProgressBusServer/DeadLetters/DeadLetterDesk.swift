public import EventBus
public import Events
import Logging
import NIOCore
import NIOPosix
import WorkerRuntime

/// What an operator does with dead letters: look, replay, purge.
public struct DeadLetterDesk: Sendable {
  /// What became of a letter that was to be replayed.
  public enum Replay: Sendable, Equatable {
    case replayed
    /// Someone else replayed or purged it.
    case gone
    /// A hand-published message that is still no valid event.
    case stillInvalid(reason: String)
  }

  private static let removedAtOnce = 500

  private let store: any DeadLetterStore
  private let publisher: any EventPublisher
  private let decoder: any HandPublishedDecoder
  private let closeBus: @Sendable () -> Void

  init(
    store: any DeadLetterStore, publisher: any EventPublisher, decoder: any HandPublishedDecoder,
    close: @escaping @Sendable () -> Void = {}
  ) {
    self.store = store
    self.publisher = publisher
    self.decoder = decoder
    closeBus = close
  }

  public func close() { closeBus() }

  /// Connects to the bus; `close()` when done.
  ///
  /// - Throws: when the bus cannot be reached.
  public static func open(
    _ configuration: ServerConfiguration, catalog: EventCatalog = .standard
  ) async throws -> DeadLetterDesk {
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "progressbus.dead-letters") { _ in SwiftLogNoOpLogHandler() })
    do {
      try await bus.check()
    } catch {
      bus.close()
      throw error
    }
    return DeadLetterDesk(
      store: bus.deadLetters, publisher: bus.publisher,
      decoder: CatalogHandPublishedDecoder(
        catalog: catalog, limits: configuration.eventLimits,
        keepsWork: configuration.settings.boolean("ingest.keep_work")), close: { bus.close() })
  }

  /// The letters that are meant, oldest first, read a page at a time as they are asked for.
  ///
  /// - Parameter position: the letter behind which to begin.
  public func letters(
    _ filter: DeadLetterFilter, after position: StreamID = .zero
  ) -> DeadLetterSequence {
    DeadLetterSequence(store: store, filter: filter, position: position)
  }

  /// The newest letter's id; nil when there is none.
  func newest() async throws -> StreamID? { try await store.newest() }

  public func letter(_ id: StreamID) async throws -> StoredDeadLetter? {
    try await store.letter(id)
  }

  /// Gives the event to its sink once more; a hand-published message is read anew, and published to
  /// all if it is a valid event now.
  public func replay(_ id: StreamID) async throws -> Replay {
    guard let stored = try await store.letter(id) else { return .gone }
    guard stored.letter.sink == DeadLetter.busName else {
      return try await store.replay(stored.id) ? .replayed : .gone
    }
    switch decoder.decode(stored.letter.payload) {
    case .invalid(let reason):
      return .stillInvalid(reason: reason)
    case .event(let event):
      let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
      try await eventLoop.flatSubmit { publisher.publish([event], on: eventLoop) }.get()
      return try await store.remove([stored.id]) == 1 ? .replayed : .gone
    }
  }

  /// - Returns: how many were there.
  public func purge(_ ids: [StreamID]) async throws -> Int {
    var purged = 0
    for start in stride(from: 0, to: ids.count, by: Self.removedAtOnce) {
      purged += try await store.remove(
        Array(ids[start..<min(start + Self.removedAtOnce, ids.count)]))
    }
    return purged
  }
}

extension DeadLetter {
  /// The `sink` of what was published by hand and is no valid event.
  static let busName = "bus"
}
