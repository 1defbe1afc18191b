import Events
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@testable import EventBus

@Suite struct EventPartitionerTests {
  /// Whatever else publishes needs the same numbers.
  @Test(arguments: [
    ("py101", "s-1", [2, 2, 2, 2]), ("py101", "s-2", [1, 2, 5, 5]), ("py101", "", [1, 1, 1, 7]),
    ("default", "", [1, 3, 3, 3]), ("数学", "花子@example.org", [2, 3, 6, 12]),
    ("default", "s-1", [2, 1, 4, 10]),
  ])
  func aLearnerInACourseHasOnePartition(course: String, learner: String, expected: [UInt16]) {
    let found = [2, 3, 6, 12].map {
      EventPartitioner.partition(course: course, learner: learner, of: $0)
    }
    #expect(found == expected)
  }

  @Test func theLearnerIsWhoeverTheEventNames() {
    var partitioner = EventPartitioner(partitions: 6, catalog: .standard)
    func partition(_ kind: String, _ json: String) -> UInt16 {
      partitioner.partition(
        of: PublishedEvent(eventType: kind, payload: ByteBuffer(string: json)))
    }
    #expect(partition("help", #"{"course_id":"py101","student_id":"s-2"}"#) == 5)
    #expect(partition("cell_executed", #"{"student_id":"s-2","course_id":"py101","a":1}"#) == 5)
    #expect(partition("help", #"{"student_id":"s-1"}"#) == 4, "its course is the default one")
    #expect(partition("unheard_of", #"{"course_id":"py101","student_id":"s-2"}"#) == 1)
    #expect(partition("help", "no JSON") == 3)
  }
}

@Suite(.tags(.servers)) struct PartitionsTests {
  private let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func event(_ learner: String, _ number: Int = 0, course: String = "py101")
    -> PublishedEvent
  {
    let text =
      #"{"event_id":"x","course_id":"\#(course)","student_id":"\#(learner)","n":\#(number)}"#
    return PublishedEvent(eventType: "help", payload: ByteBuffer(string: text))
  }

  private func publish(_ events: [PublishedEvent], to bus: RedisEventBus) async throws {
    try await eventLoop.flatSubmit { bus.publisher.publish(events, on: eventLoop) }.get()
  }

  private func error(_ events: [PublishedEvent], to bus: RedisEventBus) async -> BusError? {
    do {
      try await publish(events, to: bus)
      return nil
    } catch { return BusError(error) }
  }

  private func commands(_ redis: ServerController<RedisServer>) async throws -> RedisConnection {
    try await RedisConnection.connect(
      to: RedisAddress(parsing: redis.url), on: eventLoop, options: .patient
    ).get()
  }

  private func keys(_ redis: RedisConnection) async throws -> [String] {
    (try await redis.send(["KEYS", "*"]).get().array ?? []).compactMap(\.text).sorted()
  }

  private func read(_ group: String, from bus: RedisEventBus) async throws -> [JournalEntry] {
    try await bus.journal.read(group: group, consumer: "c", count: 1_000, wait: .zero)
  }

  /// What a deployment of the version before has in Redis, and what its listeners hear.
  @Test func oneStreamHasTheKeysAndMessagesThatItAlwaysHad() async throws {
    try await withRedis { redis in
      let commands = try await commands(redis)
      try await withRedisEventBus(at: redis.url) { bus in
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await eventually { listener.record.subscriptions == 1 }
        try await publish([event("s-1", 1)], to: bus)
        try await bus.journal.createGroup("postgres")
        let id = try #require(try await read("postgres", from: bus).first?.id)
        try await eventually { listener.record.messages.count == 1 }
        let text = #""event_id":"x","course_id":"py101","student_id":"s-1","n":1}"#
        #expect(
          listener.record.messages == [
            .journaled(id, ByteBuffer(string: #"{"stream_id":"\#(id.entryID)",\#(text)"#))
          ])
        #expect(id.description == id.entryID)
        #expect(
          try await bus.adoptions.adopt(
            event("s-1", 2), ticket: AdoptionTicket(mark: "m", ordinal: 1)) == .adopted)
        let refused = DeadLetter(
          sink: "postgres", reason: "r", attempts: 1, eventType: "help", payload: ByteBuffer())
        #expect(try await bus.deadLetters.add([RefusedEntry(id: id, deadLetter: refused)]) == 1)
        let names = [
          "progress-events:adopted:m", "progress-events:dead-letters", "progress-events:journal",
        ]
        #expect(try await keys(commands) == names)
        let entry = try await commands.send([
          "XRANGE", "progress-events:journal", "-", "+", "COUNT", 1,
        ])
        .get().array?.first?.array
        #expect(entry?[0].text == id.entryID)
        #expect(entry?[1].array?.compactMap(\.text) == ["t", "help", "e", "{" + text])
        listening.cancel()
        await listening.value
      }
      commands.close()
    }
  }

  @Test func eachLearnersEventsAreInOneStreamAndInOrder() async throws {
    try await withRedis { redis in
      let commands = try await commands(redis)
      try await withRedisEventBus(at: redis.url, partitions: 6) { bus in
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await eventually { listener.record.subscriptions == 1 }
        for round in 0..<5 {
          try await publish((0..<60).map { event("s-\($0)", round) }, to: bus)
        }
        let names =
          ["progress-events:partitions"] + (1...6).map { "progress-events:{j-\($0)}:journal" }
        #expect(try await keys(commands) == names)
        try await eventually("all are heard") { listener.record.messages.count == 300 }

        try await bus.journal.createGroup("g")
        let entries = try await read("g", from: bus)
        #expect(entries.count == 300)
        var partitioner = EventPartitioner(partitions: 6, catalog: .standard)
        var ofLearner: [String: [JournalEntry]] = [:]
        for entry in entries {
          let text = String(buffer: entry.payload)
          let learner = try #require(text.firstMatch(of: /"student_id":"([^"]*)"/)?.1)
          ofLearner[String(learner), default: []].append(entry)
          let partition = partitioner.partition(
            of: PublishedEvent(eventType: entry.eventType, payload: entry.payload))
          #expect(entry.id.partition == partition)
        }
        for entries in ofLearner.values {
          #expect(
            entries.map { String(buffer: $0.payload).firstMatch(of: /"n":(\d)/)!.1 }
              == ["0", "1", "2", "3", "4"])
        }
        // Each message tells the one before it in its partition.
        var last: [UInt16: StreamID] = [:]
        for case .journaled(let id, let payload) in listener.record.messages {
          let previous = try #require(EventPositionReader.previousPosition(of: id, in: payload))
          #expect(previous == last[id.partition] ?? StreamID.zero.inPartition(id.partition))
          last[id.partition] = id
        }
        let state = try await bus.journal.state()
        #expect(state.entries == 300 && state.groups.map(\.pending) == [300])
        try await bus.journal.acknowledge(group: "g", ids: entries.map(\.id))
        #expect(try await bus.journal.state().groups.map(\.pending) == [0])
        listening.cancel()
        await listening.value
      }
      commands.close()
    }
  }

  /// `py101` and `s-1` are in the second of two partitions, `s-2` is in the first.
  @Test func aFullPartitionRefusesItsEventsAlone() async throws {
    try await withRedis { redis in
      try await withRedisEventBus(at: redis.url, journalCapacity: 8, partitions: 2) { bus in
        try await publish((0..<4).map { event("s-1", $0) }, to: bus)
        #expect(await error([event("s-1")], to: bus) == .full)
        // In one tick, each for itself.
        let results = try await eventLoop.flatSubmit {
          EventLoopFuture.whenAllComplete(
            ["s-2", "s-1", "s-2"].map {
              bus.publisher.publish([event($0)], on: eventLoop)
            }, on: eventLoop)
        }.get()
        let taken = results.map { result in if case .success = result { true } else { false } }
        #expect(taken == [true, false, true])
        let both = await error([event("s-2"), event("s-1")], to: bus)
        #expect(both == .partly(.journalFull, ""))
        #expect(both?.leftNothingDone == false && both?.fault.retryAfter == 5)
        #expect(try await bus.journal.partitions[0].state().entries == 3)
        #expect(await bus.faults().map(\.fault) == [.journalFull])
        // Room is made in one, and the other is left alone.
        let last = try await bus.journal.partitions[1].state().last
        #expect(try await bus.journal.trim(before: last) == 3)
        try await publish([event("s-2"), event("s-1")], to: bus)
        #expect(try await bus.journal.partitions.asyncEntries() == [4, 2])
      }
    }
  }

  @Test func aRefusedEventGoesBackToItsPartition() async throws {
    try await withRedis { redis in
      try await withRedisEventBus(at: redis.url, partitions: 6) { bus in
        try await bus.journal.createGroup("postgres")
        let events = (0..<30).map { event("s-\($0)") }
        try await publish(events, to: bus)
        let read = try await read("postgres", from: bus)
        let refused = read.map { entry in
          RefusedEntry(
            id: entry.id,
            deadLetter: DeadLetter(
              sink: "postgres", reason: "r", attempts: 1, eventType: entry.eventType,
              payload: entry.payload))
        }
        #expect(try await bus.deadLetters.add(refused) == 30)
        #expect(try await bus.deadLetters.add(refused) == 30, "settled before")
        #expect(try await bus.deadLetters.count() == 30)
        #expect(try await bus.journal.state().groups.first?.pending == 0)
        for letter in try await bus.deadLetters.deadLetters(after: .zero, limit: 99) {
          #expect(try await bus.deadLetters.replay(letter.id))
          #expect(try await !bus.deadLetters.replay(letter.id))
        }
        let again = try await self.read("postgres", from: bus)
        #expect(again.count == 30 && again.allSatisfy { $0.target == "postgres" })
        func places(_ entries: [JournalEntry]) -> [String: UInt16] {
          Dictionary(
            uniqueKeysWithValues: entries.map { (String(buffer: $0.payload), $0.id.partition) })
        }
        #expect(places(again) == places(read))
        // One learner is erased everywhere.
        let theirs = (read + again).filter { String(buffer: $0.payload).contains("\"s-7\"") }
        let (removed, held) = try await bus.erase(theirs.map(\.id), touchedWithin: .zero)
        #expect(theirs.count == 2 && removed == 2 && held.isEmpty)
        #expect(try await bus.journal.state().entries == 58)
      }
    }
  }

  @Test func aProcessThatIsSetToOtherPartitionsTakesNoEvents() async throws {
    try await withRedis { redis in
      try await withRedisEventBus(at: redis.url, partitions: 6) { bus in
        try await publish([event("s-1")], to: bus)
      }
      for other in [1, 3] {
        try await withRedisEventBus(at: redis.url, partitions: other) { bus in
          let error = await error([event("s-1")], to: bus)
          #expect(error?.fault == .otherPartitions)
          let detail = error?.detail ?? ""
          #expect(detail.contains("the journal has 6, and bus.partitions is \(other)"), "\(detail)")
          #expect(error?.leftNothingDone == true)
          await #expect(throws: BusError.self) { try await bus.check() }
          try await eventually("the fault") {
            await bus.faults().map(\.fault) == [.otherPartitions]
          }
        }
      }
      try await withRedisEventBus(at: redis.url, partitions: 6) { bus in
        let entries = try await bus.journal.state().entries
        #expect(entries == 1, "and nothing has changed")
      }
    }
    try await withRedis { redis in
      try await withRedisEventBus(at: redis.url) { bus in try await publish([event("s-1")], to: bus)
      }
      try await withRedisEventBus(at: redis.url, partitions: 6) { bus in
        #expect(await error([event("s-1")], to: bus)?.fault == .otherPartitions)
      }
    }
  }
}

extension [any Journal] {
  fileprivate func asyncEntries() async throws -> [Int] {
    var counts: [Int] = []
    for journal in self { counts.append(try await journal.state().entries) }
    return counts
  }
}
