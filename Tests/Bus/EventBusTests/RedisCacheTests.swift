import EventBus
import LocalStack
import Logging
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite("Values that Redis keeps for a while")
struct RedisCacheTests {
  @Test("Values and locks are kept, replaced, removed, and end by themselves")
  func lifetimes() async throws {
    try await withRedis { redis in
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(address: RedisAddress(parsing: redis.url)),
        on: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      defer { bus.close() }
      let cache = bus.cache
      #expect(try await cache.value(for: "a") == nil)
      try await cache.store([0, 13, 10, 255], for: "a", lifetime: .seconds(60))
      #expect(try await cache.value(for: "a") == [0, 13, 10, 255])
      try await cache.store([1], for: "a", lifetime: .milliseconds(1))
      try await eventually("the value ends") { try await cache.value(for: "a") == nil }

      #expect(try await cache.lock("l", for: .seconds(60)))
      #expect(try await !cache.lock("l", for: .seconds(60)))
      try await cache.remove("l")
      #expect(try await cache.lock("l", for: .milliseconds(1)))
      try await eventually("the lock ends") { try await cache.lock("l", for: .seconds(60)) }
    }
  }
}
