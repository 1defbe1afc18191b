import EventBus
import HTTPServer
import NIOCore
import NIOPosix
import Testing

@testable import Broadcaster

/// A hub over a journal that has several partitions, on a channel that may lose messages.
@Suite struct PartitionedHubTests {
  private struct Unexpected: Error {
    let line: Line
  }

  /// Whose cursor the dashboard was told last, and the events before it.
  private func read(_ count: Int, from dashboard: Dashboard) async throws -> (
    events: [String], cursor: String
  ) {
    var events: [String] = []
    while true {
      switch try await dashboard.next() {
      case .event(let id): events.append(id)
      case .cursor(let cursor): if events.count >= count { return (events, cursor) }
      case let line: throw Unexpected(line: line)
      }
    }
  }

  private func ofPartition(_ number: Int, _ events: [String]) -> [String] {
    events.filter { $0.hasPrefix("\(number):") }
  }

  @Test func whoComesBackWithTheLastCursorGetsExactlyWhatWasMissed() async throws {
    let bus = PartitionedFakeBus(2)
    try await withHub(bus) { port, _ in
      let dashboard = try await Dashboard(port: port)
      #expect(try await dashboard.next() == .hello("0-0_0-0"))
      let first = try await bus.parts[0].publish([#"{"n":1}"#, #"{"n":2}"#])
      let second = try await bus.parts[1].publish([#"{"n":3}"#])
      let (events, cursor) = try await read(3, from: dashboard)
      #expect(ofPartition(1, events) == first.map(\.description))
      #expect(ofPartition(2, events) == second.map(\.description))
      #expect(cursor == "\(first[1].entryID)_\(second[0].entryID)")
      dashboard.close()

      var missed = [first, second]
      for round in 0..<300 {
        for index in 0...1 {
          missed[index] += try await bus.parts[index].publish([#"{"n":\#(round)}"#])
        }
      }
      // More come while it is given what it missed.
      async let more = bus.parts[1].publish((0..<200).map { #"{"n":\#($0)}"# })
      let resumed = try await Dashboard(port: port, query: "?after=\(cursor)")
      #expect(try await resumed.next() == .hello(cursor))
      missed[1] += try await more
      let rest = try await read(800, from: resumed)
      #expect(ofPartition(1, rest.events) == missed[0].dropFirst(2).map(\.description))
      #expect(ofPartition(2, rest.events) == missed[1].dropFirst(1).map(\.description))
      #expect(rest.events.count == 800)
      #expect(rest.cursor == "\(missed[0].last!.entryID)_\(missed[1].last!.entryID)")

      // Nothing is left for who has it all, and everything for who has nothing.
      let current = try await Dashboard(port: port, query: "?after=\(rest.cursor)")
      #expect(try await current.next() == .hello(rest.cursor))
      let newcomer = try await Dashboard(port: port, query: "?after=0-0")
      _ = try await newcomer.next()
      #expect(try await read(803, from: newcomer).events.count == 803)
      let last = try await bus.parts[0].publish([#"{"n":0}"#])
      #expect(try await current.next() == .event(last[0].description))
      for dashboard in [resumed, current, newcomer] { dashboard.close() }
    }
  }

  @Test func whatTheChannelLosesComesFromTheJournalAndInOrder() async throws {
    let bus = PartitionedFakeBus(3)
    try await withHub(bus) { port, _ in
      let dashboard = try await Dashboard(port: port)
      _ = try await dashboard.next()
      var ids: [StreamID] = []
      for round in 0..<20 {
        ids += try await bus.parts[1].publish([#"{"n":\#(round)}"#], areLost: round % 3 == 1)
        try await bus.parts[2].publish([#"{"n":\#(round)}"#])
      }
      // The last one is missed by none behind it.
      ids += try await bus.parts[1].publish([#"{"n":20}"#], areLost: true)
      let (events, _) = try await read(41, from: dashboard)
      #expect(ofPartition(2, events) == ids.map(\.description))
      #expect(Set(events).count == 41)
      dashboard.close()
    }
  }

  @Test func aPartitionThatLostItsDataIsAGapInThatAlone() async throws {
    let bus = PartitionedFakeBus(2)
    try await withHub(bus) { port, hub in
      let old = try await bus.parts[0].publish([#"{"n":1}"#, #"{"n":2}"#])
      let kept = try await bus.parts[1].publish([#"{"n":3}"#])
      let cursor = "\(old[1].entryID)_\(kept[0].entryID)"
      try await bus.parts[0].lose()
      bus.parts[0].forget()
      let new = try await bus.parts[0].publish([#"{"n":4}"#], milliseconds: 0)
      try await bus.parts[0].subscribe()
      try await waitUntilOpen(hub)
      let dashboard = try await Dashboard(port: port, query: "?after=\(cursor)")
      #expect(try await dashboard.next() == .hello(cursor))
      #expect(
        try await dashboard.next() == .gap(after: "\(old[1])", first: "\(new[0])"))
      #expect(try await dashboard.next() == .event(new[0].description))
      dashboard.close()
    }
  }

  @Test func aStreamIDIsNoPlaceInAllPartitions() async throws {
    let bus = PartitionedFakeBus(2)
    try await withHub(bus) { _, hub in
      for position in ["17-0", "1:17-0", "1-0_2-0_3-0", "1-0_"] {
        let decision = hub.decide(NIOHTTP1Head.get("/ws/dashboard?after=\(position)"))
        guard case .refuse(let problem) = decision else {
          Issue.record("\(position) is taken")
          continue
        }
        #expect(problem.detail?.contains("the journal has 2 partitions") == true)
      }
      #expect(hub.accepts("?after=1-0_2-0"))
    }
  }

  // MARK: The state machines

  private static func id(_ partition: UInt16, _ number: UInt64) -> StreamID {
    StreamID(milliseconds: 1, sequence: number, partition: partition)
  }

  private static func message(_ partition: UInt16, _ number: UInt64, after: UInt64)
    -> ChannelMessage
  {
    let id = id(partition, number)
    return .journaled(
      id, ByteBuffer(string: #"{"stream_id":"\#(id)","previous":"1-\#(after)","a":1}"#))
  }

  private static func cursor(_ numbers: UInt64...) -> JournalCursor {
    var cursor = JournalCursor(partitions: numbers.count)
    for (index, number) in numbers.enumerated() {
      cursor.advance(to: id(UInt16(index + 1), number))
    }
    return cursor
  }

  private static func liveSequence(at cursor: JournalCursor) -> BroadcastSequence {
    var sequence = BroadcastSequence(
      maximumFrameSize: 10_000, maximumPendingBytes: 100_000, partitions: 2)
    let generation = sequence.subscribed()
    _ = sequence.startsFromJournal(last: cursor, hasSubscribers: false)
    #expect(sequence.finishCatchingUp(generation) == true)
    return sequence
  }

  private static func sent(_ sequence: inout BroadcastSequence) -> [StreamID] {
    var ids: [StreamID] = []
    while let dispatch = sequence.next() {
      if case .events(let broadcast) = dispatch.content { ids += broadcast.messages.map(\.id) }
    }
    return ids
  }

  @Test func whatIsLostWhileTheJournalIsReadIsReadOnceMore() throws {
    var sequence = Self.liveSequence(at: Self.cursor(5, 5))
    #expect(sequence.received([Self.message(1, 6, after: 5), Self.message(2, 6, after: 5)]) == nil)
    let found = sequence.received([Self.message(1, 8, after: 7), Self.message(2, 7, after: 6)])
    let generation = try #require(found)
    #expect(sequence.isOpen)
    #expect(sequence.received([Self.message(1, 10, after: 9)]) == nil)
    _ = sequence.startsFromJournal(last: Self.cursor(8, 7), hasSubscribers: true)
    sequence.caughtUp(
      generation,
      with: [7, 8].map { LiveMessage(id: Self.id(1, $0), payload: ByteBuffer(string: "{}")) },
      last: Self.cursor(8, 6))
    #expect(sequence.finishCatchingUp(generation) == false, "9 is missing")
    // It is nowhere any more: nobody waits for it for ever.
    #expect(sequence.finishCatchingUp(generation) == true)
    let ids = Self.sent(&sequence)
    #expect(ids.filter { $0.partition == 1 } == [6, 7, 8, 10].map { Self.id(1, $0) })
    #expect(ids.filter { $0.partition == 2 } == [6, 7].map { Self.id(2, $0) })
    #expect(sequence.newest == Self.cursor(10, 7))
  }

  @Test func whatTheJournalHadAtTheLastLookMustHaveComeByTheNext() {
    var sequence = Self.liveSequence(at: Self.cursor(5, 5))
    #expect(sequence.compare(withEnd: Self.cursor(5, 6)) == nil, "it may be on its way")
    #expect(sequence.received([Self.message(2, 6, after: 5)]) == nil)
    #expect(sequence.compare(withEnd: Self.cursor(6, 6)) == nil)
    #expect(sequence.compare(withEnd: Self.cursor(6, 6)) != nil)
    #expect(sequence.compare(withEnd: Self.cursor(6, 6)) == nil, "the journal is being read")
  }

  @Test func messagesOfAnotherLayoutAreNobodys() {
    var sequence = Self.liveSequence(at: Self.cursor(5, 5))
    let foreign = [StreamID(milliseconds: 9, sequence: 0), Self.id(3, 9)].map {
      ChannelMessage.journaled($0, ByteBuffer(string: "{}"))
    }
    #expect(sequence.received(foreign) == nil)
    let sent = Self.sent(&sequence)
    #expect(sent.isEmpty && sequence.tail == Self.cursor(5, 5))
  }

  @Test func aSubscriberIsLiveOnceItHasEveryPartitionAndIsToldNoCursorBehindItself() {
    func broadcast(_ partition: UInt16, _ numbers: [UInt64], _ end: JournalCursor) -> Broadcast {
      Broadcast(
        numbers.map { LiveMessage(id: Self.id(partition, $0), payload: ByteBuffer(string: "{}")) },
        through: end)
    }
    var state = SubscriberState(
      newest: Self.cursor(5, 5), after: Self.cursor(9, 3), maximumHeldBytes: 100)
    #expect(state.received(broadcast(2, [6], Self.cursor(5, 6))) == .keepBack)
    guard case .continue = state.replayed(through: Self.cursor(9, 4)),
      case .live(let held, let position) = state.replayed(through: Self.cursor(9, 5))
    else {
      Issue.record("the replay ended at the wrong place")
      return
    }
    #expect(held.count == 1 && position == Self.cursor(9, 5))
    let selection = held[0].selection(for: .all, after: position)
    #expect(selection.count == 1)
    #expect(selection.frame.map { String(buffer: $0).contains("\"1-9_1-6\"") } == true)
    // The sequence is still behind the subscriber in the first partition.
    #expect(
      state.received(broadcast(2, [7], Self.cursor(5, 7))) == .sendRest(after: Self.cursor(9, 5)))
    #expect(
      state.received(broadcast(1, [6, 7], Self.cursor(7, 7))) == .sendRest(after: Self.cursor(9, 5))
    )
    #expect(
      state.received(broadcast(1, [8, 9, 10], Self.cursor(10, 7)))
        == .sendRest(after: Self.cursor(9, 5)))
    #expect(state.received(broadcast(1, [11], Self.cursor(11, 7))) == .send)
  }
}

/// Partitions in memory, one channel for all.
private final class PartitionedFakeBus: Journal, FakeChannel {
  let parts: [FakeBus]

  init(_ count: Int) {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    parts = (1...count).map { FakeBus(partition: UInt16($0), on: eventLoop) }
  }

  var partitions: [any Journal] { parts }

  func connect(_ listener: any ChannelListener) async throws {
    for part in parts { try await part.connect(listener) }
  }

  // The hub asks each partition.

  private func unasked() -> Never { fatalError("the hub asks the partitions") }

  func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] { unasked() }
  func state() async throws(BusError) -> JournalState { unasked() }
  func trim(before id: StreamID) async throws(BusError) -> Int { unasked() }
  func createGroup(_ group: String) async throws(BusError) { unasked() }
  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] { unasked() }
  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] { unasked() }
  func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) { unasked() }
  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) { unasked() }
  func acknowledge(group: String, ids: [StreamID]) async throws(BusError) { unasked() }
  func forgetConsumers(
    of group: String, silentFor: Duration
  ) async throws(BusError) -> Int { unasked() }
  func leave(group: String, consumer: String) async throws(BusError) { unasked() }
}
