import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@testable import EventBus

/// A Redis Cluster of three masters, each with a replica.
@Suite(.tags(.servers)) struct ClusterTests {
  private let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func event(_ learner: String, _ number: Int = 0) -> PublishedEvent {
    let text = #"{"event_id":"x","course_id":"py101","student_id":"\#(learner)","n":\#(number)}"#
    return PublishedEvent(eventType: "help", payload: ByteBuffer(string: text))
  }

  private func publish(_ events: [PublishedEvent], to bus: RedisEventBus) async throws {
    try await eventLoop.flatSubmit { bus.publisher.publish(events, on: eventLoop) }.get()
  }

  private func read(_ bus: RedisEventBus, wait: Duration = .zero) async throws -> [JournalEntry] {
    try await bus.journal.read(group: "g", consumer: "c", count: 1_000, wait: wait)
  }

  private func numbers(_ entries: [JournalEntry]) -> [String] {
    entries.map { entry in
      String(buffer: entry.payload).firstMatch(of: /"n":(\d+)/).map { String($0.1) } ?? ""
    }
  }

  @Test func eventsAreStoredOnAllMastersAndHeardWhileSlotsMoveAndRolesSwap() async throws {
    try await withCluster { cluster in
      try await withRedisEventBus(at: cluster.url, partitions: 6) { bus in
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await eventually("the subscription") { listener.record.subscriptions == 1 }
        try await bus.journal.createGroup("g")
        try await publish((0..<60).map { event("s-\($0)", $0) }, to: bus)
        var masters: Set<Int> = []
        for partition in 1...6 {
          masters.insert(try await cluster.master(of: bus.keys.journal(of: UInt16(partition))).port)
        }
        #expect(masters.count == 3, "six partitions are spread over all masters")
        #expect(try await Set(numbers(read(bus))).count == 60)
        try await eventually("all are heard") { listener.record.messages.count == 60 }

        // A read that waits is woken by whichever partition gets something.
        for learner in 0..<6 {
          let reading = Task { try await read(bus, wait: .seconds(30)) }
          try await publish([event("s-\(learner)", 100 + learner)], to: bus)
          #expect(try await numbers(reading.value) == ["\(100 + learner)"])
        }

        // The journal's slots change hands while events come.
        let key = bus.keys.journal(of: 2)
        let moving = Task { try await cluster.moveSlot(of: key) }
        var sent = 200
        func sendOne() async throws {
          try await eventually("an event is taken") {
            try await publish((0..<12).map { event("s-\($0)", sent) }, to: bus)
            return true
          }
          sent += 1
        }
        while sent < 230 { try await sendOne() }
        try await moving.value
        try await cluster.swapRoles(ofTheMasterOf: bus.keys.journal(of: 1))
        while sent < 260 { try await sendOne() }
        var found: Set<String> = []
        try await eventually("all are read") {
          found.formUnion(numbers(try await read(bus)))
          return found.isSuperset(of: (200..<260).map(String.init))
        }
        // More than a partition's share of what a loop may have, where nothing else waits.
        try await publish(Array(repeating: event("s-1", 999), count: 6_000), to: bus)
        // None of it needed a subscription anew.
        #expect(listener.record.subscriptions == 1)
        try await eventually("no fault is left") { await bus.faults().isEmpty }
        listening.cancel()
        await listening.value
      }
    }
  }

  /// `s-1` is in partition 4 and `s-2` in 5, which two masters have.
  @Test func aPartitionWithoutAServerStopsNoOther() async throws {
    try await withCluster(needsAllSlots: false) { cluster in
      try await withRedisEventBus(at: cluster.url, partitions: 6, responseTimeout: .seconds(2)) {
        bus in
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await eventually("the subscription") { listener.record.subscriptions == 1 }
        try await bus.journal.createGroup("g")
        try await publish([event("s-1", 1), event("s-2", 2)], to: bus)
        var pending: [JournalEntry] = []
        try await eventually("both are read") {
          pending += try await read(bus)
          return pending.count == 2
        }
        let key = bus.keys.journal(of: 5)
        let range = try await cluster.slots().range(of: RedisSlot.of(key))
        let gone = try #require(range.map { [$0.master] + $0.replicas })
        for node in gone {
          await cluster.servers.first { $0.port == node.endpoint.port }?.kill()
        }
        for number in 10..<20 {
          try await eventually("the other partition takes events") {
            try await publish([event("s-1", number)], to: bus)
            return true
          }
        }
        let error = await #expect(throws: (any Error).self) {
          try await publish([event("s-2"), event("s-1", 20)], to: bus)
        }
        #expect(error.map { BusError($0).leftNothingDone } == false, "some are in the journal")
        var found: Set<String> = []
        try await eventually("its events are read") {
          found.formUnion(numbers(try await read(bus, wait: .seconds(1))))
          return found.isSuperset(of: (10...20).map(String.init))
        }
        try await bus.journal.acknowledge(group: "g", ids: pending.map(\.id))
        try await eventually("and heard") { listener.record.messages.count >= 13 }
        try await eventually("the fault is told") {
          let faults = await bus.faults()
          return faults.map(\.fault) == [.partitionDown]
        }
        for node in gone {
          try await cluster.servers.first { $0.port == node.endpoint.port }?.start()
        }
        try await eventually("all partitions take events") {
          try await publish([event("s-2", 21)], to: bus)
          return true
        }
        try await eventually("no fault is left") { await bus.faults().isEmpty }
        listening.cancel()
        await listening.value
      }
    }
  }

  /// Whoever does the first step and dies leaves what the next try mends.
  @Test func stepsOnTwoNodesMayBeRepeated() async throws {
    try await withCluster { cluster in
      try await withRedisEventBus(at: cluster.url, partitions: 6) { bus in
        try await bus.journal.createGroup("g")
        try await publish([event("s-1", 1)], to: bus)
        let entry = try #require(try await read(bus).first)
        let letter = DeadLetter(
          sink: "g", reason: "r", attempts: 1, eventType: "help", payload: entry.payload)
        let mark = bus.keys.moved(entry.id, letter.payload, sink: "g")
        // The letter is stored, and its entry has still to be acknowledged.
        _ = try await cluster.send(["SET", .string(mark), "1"], for: mark)
        #expect(RedisSlot.of(mark) == RedisSlot.of(bus.keys.deadLetters))
        let refused = [RefusedEntry(id: entry.id, deadLetter: letter)]
        #expect(try await bus.deadLetters.add(refused) == 1)
        #expect(try await bus.deadLetters.count() == 0)
        #expect(try await bus.journal.state().groups.map(\.pending) == [0])

        // The letter is in the journal, and has still to be removed.
        try await publish([event("s-1", 2)], to: bus)
        let next = try #require(try await read(bus).first)
        #expect(
          try await bus.deadLetters.add([RefusedEntry(id: next.id, deadLetter: letter)]) == 1)
        let id = try #require(try await bus.deadLetters.newest())
        let replayed = bus.keys.replayed(id, letter.payload, in: entry.id.partition)
        #expect(
          RedisSlot.of(replayed) == RedisSlot.of(bus.keys.journal(of: entry.id.partition)))
        _ = try await cluster.send(["SET", .string(replayed), "1"], for: replayed)
        #expect(try await bus.deadLetters.replay(id))
        #expect(try await !bus.deadLetters.replay(id))
        #expect(try await bus.journal.state().entries == 2)
      }
    }
  }

  @Test func oneStreamAndAnotherNumberOfPartitionsAreRefused() async throws {
    await #expect(throws: BusError.self) {
      try await withRedisEventBus(at: "redis+cluster://127.0.0.1:1", partitions: 1) { _ in }
    }
    try await withCluster { cluster in
      try await withRedisEventBus(at: cluster.url, partitions: 6) { bus in
        try await publish([event("s-1")], to: bus)
      }
      try await withRedisEventBus(at: cluster.url, partitions: 12) { bus in
        let error = await #expect(throws: (any Error).self) {
          try await publish([event("s-1")], to: bus)
        }
        #expect(error.map { BusError($0).fault } == .otherPartitions)
        await #expect(throws: BusError.self) { try await bus.check() }
      }
      // A user who may do what the bus lives by, as docs/operations.md lists it.
      let rights =
        RestrictedUserTests.rights + " +xread +hkeys +asking +cluster|slots +cluster|info"
      let user: [RedisCommand.Argument] = [
        "ACL", "SETUSER", "bus", "on", ">hunter2", "~progress-events*", "&progress-events*",
      ]
      for server in cluster.servers {
        let made = try await SentinelGroup.send(
          RedisCommand(user + rights.split(separator: " ").map { .string(String($0)) }),
          to: server.port)
        #expect(made == .status("OK"))
      }
      let login = cluster.url.replacing("cluster://", with: "cluster://bus:hunter2@")
      try await withRedisEventBus(at: login, partitions: 6) { bus in
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await eventually("the subscription") { listener.record.subscriptions == 1 }
        try await bus.journal.createGroup("g")
        #expect(try await read(bus).count == 1)
        let reading = Task { try await read(bus, wait: .seconds(30)) }
        try await cluster.moveSlot(of: bus.keys.journal(of: 4))
        try await eventually("an event is taken") {
          try await publish([event("s-1", 7)], to: bus)
          return true
        }
        let entry = try #require(try await reading.value.first)
        let letter = DeadLetter(
          sink: "g", reason: "r", attempts: 1, eventType: "help", payload: entry.payload)
        let refused = [RefusedEntry(id: entry.id, deadLetter: letter)]
        #expect(try await bus.deadLetters.add(refused) == 1)
        #expect(try await bus.deadLetters.replay(#require(await bus.deadLetters.newest())))
        #expect(try await bus.journal.forgetConsumers(of: "g", silentFor: .seconds(60)) == 0)
        #expect(try await bus.reports() == [RedisServerReport()])
        try await eventually("it is heard") { listener.record.messages.count == 1 }
        try await eventually("no fault is left") { await bus.faults().isEmpty }
        listening.cancel()
        await listening.value
      }
      // Only the first of the nodes that are named has to be away for the others to be asked.
      let port = try LoopbackPort.free()
      let url = "redis+cluster://127.0.0.1:\(port),127.0.0.1:\(cluster.servers[5].port)"
      try await withRedisEventBus(at: url, partitions: 6) { bus in
        try await publish([event("s-1")], to: bus)
        #expect(try await bus.journal.state().entries == 4)
      }
    }
  }
}
