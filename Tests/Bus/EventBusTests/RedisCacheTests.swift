import EventBus
import ProgressBusTesting
import Testing

@Suite(.tags(.servers)) struct RedisCacheTests {
  @Test func valuesAndLocksAreKeptReplacedRemovedAndEndByThemselves() async throws {
    try await withRedisEventBus { bus, _ in
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
