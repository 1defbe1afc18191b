import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite(.tags(.servers)) struct RedisPublisherTests {
  private let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func publish(
    _ events: [PublishedEvent], to bus: RedisEventBus, on loop: (any EventLoop)? = nil
  ) async throws {
    let loop = loop ?? eventLoop
    try await loop.flatSubmit { bus.publisher.publish(events, on: loop) }.get()
  }

  private func event(_ number: Int = 1) -> PublishedEvent {
    PublishedEvent(eventType: "help", payload: ByteBuffer(string: #"{"n":\#(number)}"#))
  }

  private func connect(
    _ redis: ServerController<RedisServer>
  ) async throws -> RedisConnection {
    try await RedisConnection.connect(
      to: RedisAddress(parsing: redis.url), on: eventLoop, options: .patient
    ).get()
  }

  @Test func coalescesWhatComesInOneTick() async throws {
    try await withRedisEventBus { bus, redis in
      let admin = try await connect(redis)
      _ = try await admin.send(["CONFIG", "RESETSTAT"]).get()
      try await eventLoop.flatSubmit {
        let published = (1...2_000).map { bus.publisher.publish([event($0)], on: eventLoop) }
        return EventLoopFuture.andAllSucceed(published, on: eventLoop)
      }.get()
      // Before anything is read, because that takes a script, too.
      let statistics = try await admin.send(["INFO", "commandstats"]).get().text ?? ""
      let entries = try await bus.journal.entries(after: .zero, limit: 3_000)
      #expect(
        entries.map { String(buffer: $0.payload) } == (1...2_000).map { #"{"n":\#($0)}"# })
      // Four calls of at most 512 events; each asks once how long the journal is.
      #expect(statistics.contains("cmdstat_xlen:calls=4,"), "\(statistics)")
      admin.close()
    }
  }

  @Test func publishesForALoopOfAnotherGroup() async throws {
    try await withRedisEventBus { bus, _ in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let stranger = group.next()
      try await stranger.flatSubmit {
        bus.publisher.publish([event()], on: stranger).map { stranger.preconditionInEventLoop() }
      }.get()
      #expect(try await bus.journal.state().entries == 1)
      try await group.shutdownGracefully()
    }
  }

  @Test func survivesTheLossOfItsScripts() async throws {
    try await withRedisEventBus { bus, redis in
      let admin = try await connect(redis)
      for round in 1...2 {
        _ = try await admin.send(["SCRIPT", "FLUSH"]).get()
        try await publish([event(1), event(2)], to: bus)
        #expect(try await bus.journal.state().entries == round * 2)
      }
      admin.close()
    }
  }

  @Test func comesBackWhenRedisDoes() async throws {
    try await withRedisEventBus { bus, redis in
      try await publish([event()], to: bus)
      await redis.kill()
      try await eventually("publishing fails") {
        do {
          try await publish([event()], to: bus)
          return false
        } catch BusError.unavailable {
          return true
        }
      }
      // Fails at once, not after a timeout: a thousand failures in the time of one.
      for _ in 1...1_000 {
        await #expect(throws: BusError.self) { try await publish([event()], to: bus) }
      }
      try await redis.start()
      for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
        try await eventually("publishing works again") {
          try await publish([event()], to: bus, on: loop)
          return true
        }
        try await publish([event()], to: bus, on: loop)
      }
      try await eventually("the journal can be read") { try await bus.journal.state().entries > 1 }
    }
  }

  @Test func startsBeforeRedisDoes() async throws {
    try await withRedisEventBus { first, redis in
      first.close()
      await redis.stop()
      let configuration = RedisEventBusConfiguration(
        location: try RedisLocation(parsing: redis.url)
      ).patient
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let bus = try await RedisEventBus.start(
        configuration, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
      await #expect(throws: BusError.self) { try await publish([event()], to: bus) }
      await #expect(throws: BusError.self) { try await bus.check() }
      try await redis.start()
      try await eventually("publishing works") {
        try await publish([event()], to: bus)
        return true
      }
      bus.close()
      await #expect(throws: BusError.unavailable(.unreachable, "the bus was shut down")) {
        try await publish([event()], to: bus)
      }
    }
  }

  @Test func failsWhatAWedgedRedisDoesNotAnswer() async throws {
    try await withRedisEventBus(responseTimeout: .seconds(1)) { bus, redis in
      await redis.pause()
      let error = await #expect(throws: BusError.self) { try await publish([event()], to: bus) }
      #expect(error == .unanswered("Redis did not answer within 1000 ms"))
      await redis.resume()
      try await eventually("publishing works again") {
        try await publish([event()], to: bus)
        return true
      }
    }
  }

  @Test func boundsWhatWaits() async throws {
    try await withRedis { redis in
      let configuration = RedisEventBusConfiguration(
        location: try RedisLocation(parsing: redis.url), unansweredEventsPerLoop: 10,
        unansweredBytesPerLoop: 1_000
      ).patient
      let bus = try await RedisEventBus.start(
        configuration, on: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
      let outcomes = try await eventLoop.flatSubmit {
        let published = (1...12).map { bus.publisher.publish([event($0)], on: eventLoop) }
        return EventLoopFuture.whenAllComplete(published, on: eventLoop)
      }.get()
      #expect(outcomes.count { if case .success = $0 { true } else { false } } == 10)
      let large = PublishedEvent(
        eventType: "help", payload: ByteBuffer(repeating: 32, count: 1_001))
      let error = await #expect(throws: BusError.self) { try await publish([large], to: bus) }
      #expect(error?.fault == .overloaded)
      // There is room again once Redis has answered.
      try await publish((1...10).map { event($0) }, to: bus)
      bus.close()
    }
  }

  @Test func reportsWhatTheOperatorMustKnow() async throws {
    try await withRedisEventBus { bus, redis in
      let report = try await bus.report()
      #expect(report.version?.split(separator: ".").count == 3)
      #expect(report.evictionPolicy == "noeviction")
      #expect(report.appendOnly == true)
      #expect(try #require(report.usedMemory) > 100_000)
      #expect(report.memoryLimit == 0)
      #expect(try await bus.channelSubscribers() == 0)
      let admin = try await connect(redis)
      _ = try await admin.send(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).get()
      #expect(try await bus.report().evictionPolicy == "allkeys-lru")
      _ = try await admin.send(["ACL", "SETUSER", "default", "-info", "-pubsub"]).get()
      #expect(
        try await bus.report()
          == RedisServerReport())
      #expect(try await bus.channelSubscribers() == nil)
      admin.close()
    }
  }
}
