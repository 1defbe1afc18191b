public import EventBus
import Foundation
import NIOConcurrencyHelpers
public import NIOCore

/// The whole bus in memory, for tests: the same promises as the Redis form, within one process.
public final class MemoryEventBus: Sendable {
  /// A consumer group of the in-memory journal.
  struct Group {
    struct Pending {
      var consumer: String
      var touched: ContinuousClock.Instant
      var attempts: Int
    }

    var lastDelivered = StreamID.zero
    var pending: [StreamID: Pending] = [:]
  }

  struct State {
    var available = true
    var isOutOfMemory = false
    var lastID = StreamID.zero
    var entries: [JournalEntry] = []
    var groups: [String: Group] = [:]
    var lastDeadLetter = StreamID.zero
    var deadLetters: [StoredDeadLetter] = []
    var tickets = AdoptionTickets()
    var highestAdopted: [String: Int] = [:]
    var subscriptions: [Int: [any ChannelListener]] = [:]
    var lastSubscription = 0
    /// Woken when the journal grows or the bus changes its state.
    var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
    var lastWaiting = 0

    /// The entries behind `position`, found by halving: the journal is in order.
    func entries(behind position: StreamID) -> ArraySlice<JournalEntry> {
      var low = 0
      var high = entries.count
      while low < high {
        let middle = (low + high) / 2
        if entries[middle].id <= position { low = middle + 1 } else { high = middle }
      }
      return entries[low...]
    }
  }

  let capacity: Int
  let deadLetterCapacity: Int
  /// Calls the listeners.
  let eventLoop: any EventLoop
  let storage = NIOLockedValueBox(State())

  /// - Parameters:
  ///   - journalCapacity: the most entries in the journal.
  ///   - deadLetterCapacity: the most dead letters.
  ///   - eventLoop: where listeners are called.
  public init(
    journalCapacity: Int = RedisEventBusConfiguration.defaultJournalCapacity,
    deadLetterCapacity: Int = RedisEventBusConfiguration.defaultDeadLetterCapacity,
    eventLoop: any EventLoop
  ) {
    capacity = journalCapacity
    self.deadLetterCapacity = deadLetterCapacity
    self.eventLoop = eventLoop
  }

  public var publisher: MemoryEventBus { self }
  public var journal: MemoryEventBus { self }
  public var channel: MemoryEventBus { self }
  public var adoptions: MemoryEventBus { self }
  public var deadLetters: MemoryEventBus { self }

  // MARK: Faults

  /// While false, all calls fail with `BusError.unavailable` and the channel is lost.
  public func setAvailable(_ available: Bool) {
    storage.withLockedValue { state in
      guard state.available != available else { return }
      state.available = available
      if !available { state.tickets = AdoptionTickets() }
      let listeners = state.subscriptions.values.flatMap { $0 }
      if available { state.tickets.heard(mark: UUID().uuidString) }
      wake(&state)
      eventLoop.execute {
        for listener in listeners {
          if available {
            listener.channelSubscribed()
          } else {
            listener.channelLost(.unavailable("the bus was made unavailable"))
          }
        }
      }
    }
  }

  /// While true, `state` says so; nothing is refused.
  public func setOutOfMemory(_ isOutOfMemory: Bool) {
    storage.withLockedValue { $0.isOutOfMemory = isOutOfMemory }
  }

  /// Forgets everything, as a Redis that restarts empty.
  public func loseEverything() {
    storage.withLockedValue { state in
      state.lastID = .zero
      state.lastDeadLetter = .zero
      state.entries = []
      state.groups = [:]
      state.deadLetters = []
      state.highestAdopted = [:]
      wake(&state)
    }
  }

  // MARK: Shared steps

  func withState<Value>(
    _ body: (inout State) throws(BusError) -> Value
  ) throws(BusError) -> Value {
    let result = storage.withLockedValue { state -> Result<Value, BusError> in
      guard state.available else { return .failure(.unavailable("the bus was made unavailable")) }
      do throws(BusError) {
        return .success(try body(&state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Appends to the journal; publishes, too, unless the entry is for one sink alone.
  func append(
    _ event: PublishedEvent, target: String? = nil, to state: inout State
  ) {
    let id = Self.nextID(after: &state.lastID)
    let entry = JournalEntry(
      id: id, eventType: event.eventType, payload: event.payload, target: target)
    state.entries.append(entry)
    wake(&state)
    if target == nil { send(.journaled(id, entry.channelPayload), to: state) }
  }

  /// Called under the lock, so that listeners hear everything in one order.
  func send(_ message: ChannelMessage, to state: State) {
    let listeners = state.subscriptions.values.flatMap { $0 }
    eventLoop.execute {
      for listener in listeners { listener.channelReceived([message]) }
    }
  }

  static func nextID(after last: inout StreamID) -> StreamID {
    let now = UInt64(Date().timeIntervalSince1970 * 1_000)
    last =
      now > last.milliseconds
      ? StreamID(milliseconds: now, sequence: 0)
      : StreamID(milliseconds: last.milliseconds, sequence: last.sequence + 1)
    return last
  }

  func wake(_ state: inout State) {
    for waiting in state.waiting.values { waiting.yield() }
  }
}

extension MemoryEventBus: EventPublisher {
  public func publish(
    _ events: [PublishedEvent], on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    do throws(BusError) {
      try withState { (state) throws(BusError) in
        guard state.entries.count + events.count <= capacity else { throw .full }
        for event in events { append(event, to: &state) }
      }
      return eventLoop.makeSucceededVoidFuture()
    } catch {
      return eventLoop.makeFailedFuture(error)
    }
  }
}
