public import EventBus
import Foundation
import NIOConcurrencyHelpers
public import NIOCore

extension MemoryEventBus: EventChannel {
  public func listen(_ listeners: [any ChannelListener]) async {
    let subscription = storage.withLockedValue { state in
      state.lastSubscription += 1
      state.subscriptions[state.lastSubscription] = listeners
      if state.available {
        state.tickets.heard(mark: UUID().uuidString)
        eventLoop.execute { for listener in listeners { listener.channelSubscribed() } }
      }
      return state.lastSubscription
    }
    // Nothing is yielded: the loop ends when the task is cancelled.
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    for await _ in stream {}
    continuation.finish()
    storage.withLockedValue { $0.subscriptions[subscription] = nil }
  }

  /// Publishes a message as someone with `redis-cli` would.
  public func publishByHand(_ message: ByteBuffer) throws(BusError) {
    try withState { state in
      var positions = EventPositionReader()
      if let id = positions.position(in: message) {
        send(.journaled(id, message), to: state)
      } else if let ticket = state.tickets.next() {
        send(.handPublished(ticket, message), to: state)
      }
    }
  }
}

extension MemoryEventBus: AdoptionRegister {
  public func adopt(
    _ event: PublishedEvent, ticket: AdoptionTicket
  ) async throws(BusError) -> Adoption {
    try withState { (state) throws(BusError) in
      guard isUnused(ticket, in: state) else { return .doneBefore }
      guard state.entries.count < capacity else { throw .full }
      state.highestAdopted[ticket.mark] = ticket.ordinal
      append(event, to: &state)
      return .adopted
    }
  }

  public func reject(
    _ deadLetter: DeadLetter, ticket: AdoptionTicket
  ) async throws(BusError) -> Rejection {
    try withState { state in
      guard isUnused(ticket, in: state) else { return .doneBefore }
      state.highestAdopted[ticket.mark] = ticket.ordinal
      guard state.deadLetters.count < deadLetterCapacity else { return .noRoom }
      state.deadLetters.append(
        StoredDeadLetter(id: Self.nextID(after: &state.lastDeadLetter), deadLetter: deadLetter))
      return .stored
    }
  }

  private func isUnused(_ ticket: AdoptionTicket, in state: State) -> Bool {
    ticket.ordinal > state.highestAdopted[ticket.mark, default: 0]
  }
}
