import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing
import WorkerRuntime

/// A worker on a real Redis whose memory is full.
@Suite(.tags(.servers)) struct FullMemoryTests {
  private static let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func publish(_ payloads: [String], to bus: RedisEventBus) async throws {
    let events = payloads.map {
      PublishedEvent(eventType: "cell_executed", payload: ByteBuffer(string: $0))
    }
    try await Self.eventLoop.flatSubmit {
      bus.publisher.publish(events, on: Self.eventLoop)
    }.get()
  }

  @Test func aWorkerThatStartsThenStoresAndMakesRoom() async throws {
    try await withRedis { redis in
      let address = try RedisAddress(parsing: redis.url)
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(address: address),
        on: MultiThreadedEventLoopGroup.singleton, logger: logger)
      defer { bus.close() }
      let commands = try await RedisConnection.connect(to: address, on: Self.eventLoop).get()
      let events = (0..<2_000).map {
        "{\"n\":\($0),\"x\":\"\(String(repeating: "x", count: 500))\"}"
      }
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
      let worker = Worker(
        sinks: [postgres, influx], journal: bus.journal, deadLetters: bus.deadLetters,
        register: bus.adoptions, decoder: TextDecoder(), configuration: fixture.configuration,
        metrics: fixture.metrics, logger: logger)
      try await fixture.running(worker) {
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
      commands.close()
    }
  }
}
