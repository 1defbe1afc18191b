import EventBus
import LocalStack
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing
import WorkerRuntime

/// Workers on a real Redis that is in trouble.
@Suite(.tags(.servers)) struct WorkerOnRedisTests {
  private static let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Runs `body` with a bus on a Redis of its own, and a way to send it commands.
  private func withBus(
    partitions: Int = 1, _ body: @Sendable (RedisEventBus, RedisConnection) async throws -> Void
  ) async throws {
    try await withRedis { redis in
      let address = try RedisAddress(parsing: redis.url)
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(
          location: .server(address), keys: RedisKeys(partitions: partitions)
        ).patient,
        on: MultiThreadedEventLoopGroup.singleton, logger: Self.logger)
      defer { bus.close() }
      let commands = try await RedisConnection.connect(
        to: address, on: Self.eventLoop, options: .patient
      ).get()
      try await body(bus, commands)
      commands.close()
    }
  }

  private func worker(
    _ sinks: RecordingSink..., expectedGroups: Set<String> = [], bus: RedisEventBus,
    _ fixture: WorkerFixture
  ) -> Worker {
    Worker(
      sinks: sinks, expectedGroups: expectedGroups, journal: bus.journal,
      deadLetters: bus.deadLetters, register: bus.adoptions, decoder: TextDecoder(),
      configuration: fixture.configuration, metrics: fixture.metrics, logger: Self.logger)
  }

  private func publish(_ payloads: [String], to bus: RedisEventBus) async throws {
    let events = payloads.map {
      PublishedEvent(eventType: "cell_executed", payload: ByteBuffer(string: $0))
    }
    try await Self.eventLoop.flatSubmit {
      bus.publisher.publish(events, on: Self.eventLoop)
    }.get()
  }

  @Test func aWorkerThatStartsWhileMemoryIsFullStoresAndMakesRoom() async throws {
    try await withBus { bus, commands in
      let padding = String(repeating: "x", count: 500)
      let events = (0..<2_000).map { "{\"n\":\($0),\"x\":\"\(padding)\"}" }
      for start in stride(from: 0, to: 2_000, by: 500) {
        try await publish(Array(events[start..<(start + 500)]), to: bus)
      }
      let used = try #require(try await bus.report().usedMemory)
      _ = try await commands.send(["CONFIG", "SET", "maxmemory", .integer(used - 100_000)]).get()
      await #expect(throws: BusError.self) { try await publish([events[0]], to: bus) }

      var fixture = WorkerFixture()
      // What all have read would be kept for as long; memory decides.
      fixture.configuration.journalRetention = .seconds(600)
      // One of two sinks is new. The first event of all is refused.
      try await bus.journal.createGroup("postgres")
      let postgres = RecordingSink("postgres", lanes: 1, refused: [events[0]], style: .naming)
      let influx = RecordingSink("influxdb")
      try await fixture.running(worker(postgres, influx, bus: bus, fixture)) {
        try await eventually("the sinks store what is there") {
          postgres.stored.count == 1_999 && influx.stored.count == 2_000
        }
        try await eventually("senders are served again") {
          try await publish(["{\"n\":2000}"], to: bus)
          return true
        }
        try await eventually("and what they send is stored") {
          postgres.stored.count == 2_000 && influx.stored.count == 2_001
        }
      }
      #expect(try await bus.deadLetters.count() == 1)
    }
  }

  /// A sink hears of no partition: its batches come from all of them.
  @Test func workersStoreAndTrimWhatIsInEveryPartition() async throws {
    try await withBus(partitions: 6) { bus, commands in
      var fixture = WorkerFixture()
      fixture.configuration.journalRetention = .zero
      let events = (0..<600).map { #"{"student_id":"s-\#($0 % 60)","n":\#($0)}"# }
      let postgres = RecordingSink("postgres", lanes: 1, refused: [events[7]], style: .naming)
      let other = RecordingSink("postgres", lanes: 1, refused: [events[7]], style: .naming)
      let influx = RecordingSink("influxdb", lanes: 1)
      let running = fixture
      try await fixture.running(worker(postgres, influx, bus: bus, fixture)) {
        try await running.running(worker(other, bus: bus, running)) {
          for start in stride(from: 0, to: 600, by: 50) {
            try await publish(Array(events[start..<(start + 50)]), to: bus)
          }
          try await eventually("both sinks have them") {
            postgres.stored.count + other.stored.count == 599 && influx.stored.count == 600
          }
          #expect(Set(postgres.stored.keys).union(other.stored.keys).count == 599)
          try await eventually("all is trimmed") { try await bus.journal.state().entries == 0 }
        }
        let letters = try await bus.deadLetters.deadLetters(after: .zero, limit: 9)
        #expect(letters.map { String(buffer: $0.deadLetter.payload) } == [events[7]])
        try await eventually("nothing is behind") {
          running.metric(#"progressbus_journal_lag{group="postgres"}"#) == 0
            && running.metric("progressbus_journal_entries") == 0
        }
        #expect(running.metric("progressbus_journal_trimmed_total") == 600)
      }
      // Each learner's events are stored in their order.
      let written = influx.state.withLockedValue { $0.writes.flatMap { $0 } }
      let order = written.compactMap { text in
        text.firstMatch(of: /"student_id":"s-(\d+)","n":(\d+)/).map { (Int($0.1)!, Int($0.2)!) }
      }
      for (_, numbers) in Dictionary(grouping: order, by: \.0) {
        #expect(numbers.map(\.1) == numbers.map(\.1).sorted())
      }
    }
  }

  /// Each sink has a process of its own, and Redis comes back empty while one is away.
  @Test(arguments: [true, false])
  func aSinkThatIsAwayWhileRedisComesBackEmptyLosesNothing(isDeclared: Bool) async throws {
    try await withBus { bus, commands in
      var fixture = WorkerFixture()
      fixture.configuration.journalRetention = .zero
      let before = WorkerFixture.payloads(0..<10)
      let after = WorkerFixture.payloads(10..<20)
      let postgres = RecordingSink("postgres")
      let influx = RecordingSink("influxdb")
      let running = fixture
      let first = worker(
        postgres, expectedGroups: isDeclared ? ["influxdb"] : [], bus: bus, fixture)
      try await fixture.running(first) {
        try await running.running(worker(influx, bus: bus, running)) {
          try await publish(before, to: bus)
          try await eventually { postgres.stored.count == 10 && influx.stored.count == 10 }
          try await eventually("all is trimmed") { try await bus.journal.state().entries == 0 }
        }
        let rounds = fixture.metric("progressbus_journal_trimmed_total") ?? 0
        _ = try await commands.send(["FLUSHALL"]).get()
        try await publish(after, to: bus)
        try await eventually { postgres.stored.count == 20 }
        try await eventually("it is acknowledged") {
          let group = try await bus.journal.state().groups.first { $0.name == "postgres" }
          return group?.pending == 0 && group?.undelivered == 0
        }
        // A worker trims every few milliseconds here.
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await bus.journal.state().entries == 10)
        #expect(fixture.metric("progressbus_journal_trimmed_total") == rounds)
        try await fixture.running(worker(influx, bus: bus, fixture)) {
          try await eventually("the other sink has everything") { influx.stored.count == 20 }
          try await eventually("and all is trimmed") {
            try await bus.journal.state().entries == 0
          }
        }
      }
    }
  }
}
