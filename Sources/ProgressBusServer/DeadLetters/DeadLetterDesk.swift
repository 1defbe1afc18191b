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

  private static let pageSize = 500

  private let store: any DeadLetterStore
  private let publisher: any EventPublisher
  private let decoder: any HandPublishedDecoder

  init(
    store: any DeadLetterStore, publisher: any EventPublisher, decoder: any HandPublishedDecoder
  ) {
    self.store = store
    self.publisher = publisher
    self.decoder = decoder
  }

  /// Connects to the bus for the time of `body`.
  public static func open<Result: Sendable>(
    _ configuration: ServerConfiguration, catalog: EventCatalog = .standard,
    _ body: @Sendable (DeadLetterDesk) async throws -> Result
  ) async throws -> Result {
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "progressbus.dead-letters") { _ in SwiftLogNoOpLogHandler() })
    defer { bus.close() }
    try await bus.check()
    return try await body(
      DeadLetterDesk(
        store: bus.deadLetters, publisher: bus.publisher,
        decoder: CatalogHandPublishedDecoder(
          catalog: catalog, limits: configuration.eventLimits,
          keepsWork: configuration.settings.boolean("ingest.keep_work"))))
  }

  /// Calls `body` with each letter that is meant, oldest first, and reads on only as it returns.
  public func forEach(
    _ filter: DeadLetterFilter, _ body: (StoredDeadLetter) async throws -> Void
  ) async throws {
    var position = StreamID.zero
    while true {
      let page = try await store.letters(after: position, limit: Self.pageSize)
      for stored in page where filter.matches(stored.letter) { try await body(stored) }
      guard let last = page.last else { return }
      position = last.id
    }
  }

  public func letter(_ id: StreamID) async throws -> StoredDeadLetter? {
    try await store.letter(id)
  }

  /// Gives the event to its sink once more; a hand-published message is read anew, and published to
  /// all if it is a valid event now.
  public func replay(_ stored: StoredDeadLetter) async throws -> Replay {
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
    try await store.remove(ids)
  }
}

extension DeadLetter {
  /// The `sink` of what was published by hand and is no valid event.
  static let busName = "bus"
}
