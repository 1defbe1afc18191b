import EventBus
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ProgressBusTesting

/// A channel that a test tells what to say.
protocol FakeChannel: Sendable {
  func connect(_ listener: any ChannelListener) async throws
}

/// A journal and a channel in memory, whose faults the test chooses.
final class FakeBus: Journal, FakeChannel {
  private struct State {
    var entries: [JournalEntry] = []
    var last = StreamID.zero
    var isDown = false
    var isSubscribed = false
    var reads = 0
    var mostBytesRead = 0
  }

  private let state = NIOLockedValueBox(State())
  private let listeners: NIOLockedValueBox<[any ChannelListener]> = NIOLockedValueBox([])
  private let eventLoop: any EventLoop
  /// Of a journal that has several; 0 for one stream.
  private let partition: UInt16

  init(
    partition: UInt16 = 0,
    on eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
  ) {
    self.partition = partition
    self.eventLoop = eventLoop
  }

  var reads: Int { state.withLockedValue { $0.reads } }
  /// By one read of entries.
  var mostBytesRead: Int { state.withLockedValue { $0.mostBytesRead } }
  var last: StreamID { state.withLockedValue { $0.last } }

  func connect(_ listener: any ChannelListener) async throws {
    listeners.withLockedValue { $0.append(listener) }
    try await subscribe()
  }

  func subscribe() async throws {
    state.withLockedValue {
      $0.isSubscribed = true
      $0.isDown = false
    }
    try await tell { $0.channelSubscribed() }
  }

  /// The channel breaks; the journal too when `isJournalDown`.
  func lose(isJournalDown: Bool = false) async throws {
    state.withLockedValue {
      $0.isSubscribed = false
      $0.isDown = isJournalDown
    }
    try await tell { $0.channelLost(.unavailable("test")) }
  }

  func setJournalDown(_ isDown: Bool) { state.withLockedValue { $0.isDown = isDown } }

  /// Journals an event a payload, and publishes them when the channel stands and does not lose them.
  @discardableResult
  func publish(
    _ payloads: [String], milliseconds: UInt64 = 1, areLost: Bool = false
  ) async throws -> [StreamID] {
    let (messages, isSubscribed) = state.withLockedValue { state in
      let messages = payloads.map { payload in
        let id =
          milliseconds > state.last.milliseconds
          ? StreamID(milliseconds: milliseconds, sequence: 0, partition: partition)
          : StreamID(
            milliseconds: state.last.milliseconds, sequence: state.last.sequence + 1,
            partition: partition)
        let previous = state.last.entryID
        state.last = id
        let entry = JournalEntry(id: id, eventType: "test", payload: ByteBuffer(string: payload))
        state.entries.append(entry)
        guard partition > 0 else { return ChannelMessage.journaled(id, entry.channelPayload) }
        let text = #"{"stream_id":"\#(id)","previous":"\#(previous)",\#(payload.dropFirst())"#
        return ChannelMessage.journaled(id, ByteBuffer(string: text))
      }
      return (messages, state.isSubscribed)
    }
    if isSubscribed, !areLost { try await tell { $0.channelReceived(messages) } }
    return messages.map { message in
      guard case .journaled(let id, _) = message else { preconditionFailure("made above") }
      return id
    }
  }

  func publishByHand(_ payload: String) async throws {
    let ticket = AdoptionTicket(mark: "m", ordinal: 1)
    try await tell { $0.channelReceived([.handPublished(ticket, ByteBuffer(string: payload))]) }
  }

  /// Everything is gone, as when Redis comes back without its file.
  func forget() {
    state.withLockedValue {
      $0.entries = []
      $0.last = .zero
    }
  }

  func appendForOneSink(_ payload: String) {
    state.withLockedValue {
      $0.last = StreamID(milliseconds: $0.last.milliseconds, sequence: $0.last.sequence + 1)
      $0.entries.append(
        JournalEntry(
          id: $0.last, eventType: "test", payload: ByteBuffer(string: payload), target: "postgres"))
    }
  }

  private func tell(_ body: @escaping @Sendable (any ChannelListener) -> Void) async throws {
    let listeners = listeners.withLockedValue { $0 }
    try await eventLoop.submit { for listener in listeners { body(listener) } }.get()
  }

  // MARK: Journal

  func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    try answer { state in
      state.reads += 1
      var low = 0
      var high = state.entries.count
      while low < high {
        let middle = (low + high) / 2
        if position < state.entries[middle].id { high = middle } else { low = middle + 1 }
      }
      let page = Array(state.entries[low...].prefix(limit).prefix(bytes: bytes))
      state.mostBytesRead = max(
        state.mostBytesRead, page.reduce(0) { $0 + $1.payload.readableBytes })
      return page
    }
  }

  func state() async throws(BusError) -> JournalState {
    try answer { state in
      JournalState(
        entries: state.entries.count, first: state.entries.first?.id, last: state.last, groups: [])
    }
  }

  func trim(before id: StreamID) async throws(BusError) -> Int {
    try answer { state in
      let count = state.entries.count
      state.entries.removeAll { $0.id < id }
      return count - state.entries.count
    }
  }

  private func answer<Value: Sendable>(
    _ body: (inout State) -> Value
  ) throws(BusError) -> Value {
    let value = state.withLockedValue { state in state.isDown ? nil : body(&state) }
    guard let value else { throw BusError.unavailable("test") }
    return value
  }

  func createGroup(_ group: String) async throws(BusError) {}

  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] { [] }

  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] { [] }

  func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) {}
  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {}
  func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {}
  func forgetConsumers(
    of group: String, silentFor: Duration
  ) async throws(BusError) -> Int { 0 }
  func leave(group: String, consumer: String) async throws(BusError) {}
}
