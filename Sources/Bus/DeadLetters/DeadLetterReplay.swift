import EventBus
import NIOCore
import NIOPosix

extension DeadLetterService {
  /// What became of dead letters that were to be replayed. Those that are in neither are gone: someone
  /// else replayed or purged them.
  public struct ReplayOutcome: Sendable {
    public internal(set) var replayed = 0
    /// Hand-published messages that are still no valid events, and why.
    public internal(set) var stillInvalid: [(id: DeadLetterID, reason: String)] = []
  }

  private enum EventReplay {
    case replayed
    /// Someone else replayed or purged it.
    case gone
    /// A hand-published message that is still no valid event.
    case stillInvalid(reason: String)
  }

  /// Gives dead letters to their sinks once more: an event to the one sink that refused it, a row to
  /// BigQuery. A hand-published message is read anew, and published to all if it is a valid event now.
  ///
  /// - Throws: `BusError`, or what the store of rows fails with. Those before the one that failed are
  ///   replayed.
  public func replay(_ ids: [DeadLetterID]) async throws -> ReplayOutcome {
    var outcome = ReplayOutcome()
    let (events, numbers) = Self.apart(ids)
    if let rows, !numbers.isEmpty {
      outcome.replayed += try await rows.replayRefusedRows(numbers)
    }
    for id in events {
      switch try await replay(id) {
      case .replayed: outcome.replayed += 1
      case .gone: break
      case .stillInvalid(let reason): outcome.stillInvalid.append((.event(id), reason))
      }
    }
    return outcome
  }

  private func replay(_ id: StreamID) async throws -> EventReplay {
    guard let bus, let stored = try await bus.store.deadLetter(id) else { return .gone }
    guard stored.deadLetter.sink == DeadLetter.busName else {
      return try await bus.store.replay(stored.id) ? .replayed : .gone
    }
    switch bus.decoder.decode(stored.deadLetter.payload) {
    case .invalid(let reason):
      return .stillInvalid(reason: reason)
    case .event(let event):
      let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
      try await eventLoop.flatSubmit { bus.publisher.publish([event], on: eventLoop) }.get()
      return try await bus.store.remove([stored.id]) == 1 ? .replayed : .gone
    }
  }
}
