import EventBus
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// Redis at `maxmemory` with policy `noeviction`: it refuses whatever may take memory.
@Suite(.tags(.servers)) struct RedisMemoryTests {
  private static let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func publish(_ count: Int, to bus: RedisEventBus) async throws {
    let payload = ByteBuffer(string: #"{"n":"\#(String(repeating: "x", count: 500))"}"#)
    let events = (0..<count).map { _ in PublishedEvent(eventType: "help", payload: payload) }
    try await Self.eventLoop.flatSubmit {
      bus.publisher.publish(events, on: Self.eventLoop)
    }.get()
  }

  /// Runs `body` with a journal of 2,000 entries and a way to send commands.
  private func withJournal(
    _ body: @Sendable (RedisEventBus, RedisConnection) async throws -> Void
  ) async throws {
    try await withRedisEventBus { bus, redis in
      let commands = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: Self.eventLoop, options: .patient
      ).get()
      try await bus.journal.createGroup("postgres")
      for _ in 0..<4 { try await publish(500, to: bus) }
      try await body(bus, commands)
      commands.close()
    }
  }

  private func limitMemory(to bytes: Int, _ commands: RedisConnection) async throws {
    let reply = try await commands.send(["CONFIG", "SET", "maxmemory", .integer(bytes)]).get()
    #expect(reply == .status("OK"))
  }

  @Test func trimmingMakesRoomAgain() async throws {
    try await withJournal { bus, commands in
      #expect(try await !bus.journal.state().isOutOfMemory)
      let used = try #require(try await bus.report().usedMemory)
      try await limitMemory(to: used - 100_000, commands)
      await #expect(throws: BusError.self) { try await publish(1, to: bus) }
      let full = try await bus.journal.state()
      #expect(full.isOutOfMemory)
      #expect(full.entries == 2_000)
      let ids = try await bus.journal.read(
        group: "postgres", consumer: "c", count: 2_000, wait: .zero
      ).map(\.id)
      try await bus.journal.acknowledge(group: "postgres", ids: ids)
      #expect(try await bus.journal.trim(before: ids[1_900]) == 1_900)
      #expect(try await !bus.journal.state().isOutOfMemory)
      try await publish(1, to: bus)
    }
  }

  @Test func groupsAreFoundAndMade() async throws {
    try await withJournal { bus, commands in
      try await limitMemory(to: 1, commands)
      for group in ["postgres", "influxdb"] {
        try await bus.journal.createGroup(group)
        let read = try await bus.journal.read(group: group, consumer: "c", count: 9, wait: .zero)
        #expect(read.count == 9)
      }
      // The same where there is no journal at all.
      try await limitMemory(to: 0, commands)
      _ = try await commands.send(["FLUSHALL"]).get()
      try await limitMemory(to: 1, commands)
      try await bus.journal.createGroup("postgres")
      #expect(try await bus.journal.state().groups.map(\.name) == ["postgres"])
    }
  }

  @Test func theChannelIsSubscribedAndRelays() async throws {
    try await withJournal { bus, commands in
      try await limitMemory(to: 1, commands)
      let listener = RecordingListener()
      let listening = Task { await bus.channel.listen([listener]) }
      try await eventually("it stands") { listener.record.subscriptions == 1 }
      _ = try await commands.send(["PUBLISH", "progress-events", "by hand"]).get()
      try await eventually("it is heard") { listener.tickets.count == 1 }
      listening.cancel()
      await listening.value
    }
  }

  @Test func aRefusedEventChangesPlacesWithItsDeadLetter() async throws {
    try await withJournal { bus, commands in
      let id = try #require(
        try await bus.journal.read(group: "postgres", consumer: "c", count: 1, wait: .zero).first?
          .id)
      try await limitMemory(to: 1, commands)
      let letter = DeadLetter(
        sink: "postgres", reason: "r", attempts: 1, eventType: "help",
        payload: ByteBuffer(string: "{}"))
      #expect(try await bus.deadLetters.add([RefusedEntry(id: id, deadLetter: letter)]) == 1)
      #expect(
        try await bus.deadLetters.deadLetters(after: .zero, limit: 9).map(\.deadLetter) == [letter])
      #expect(try await bus.journal.state().groups.first?.pending == 0)
    }
  }

  @Test func workersStillReport() async throws {
    try await withJournal { bus, commands in
      try await limitMemory(to: 1, commands)
      for report in ["one", "two"] {
        try await bus.reports.post(ByteBuffer(string: report), from: "worker")
        #expect(try await bus.reports.all().map { String(buffer: $0.body) } == [report])
      }
    }
  }
}
