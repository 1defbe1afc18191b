import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver

/// Runs `body` with a bus on a fresh Redis of its own.
func withRedisEventBus(
  journalCapacity: Int = RedisEventBusConfiguration.defaultJournalCapacity,
  deadLetterCapacity: Int = RedisEventBusConfiguration.defaultDeadLetterCapacity,
  responseTimeout: TimeAmount = .seconds(2),
  probeInterval: TimeAmount = .seconds(5),
  _ body: @Sendable (RedisEventBus, ServerController<RedisServer>) async throws -> Void
) async throws {
  try await withRedis { redis in
    let configuration = RedisEventBusConfiguration(
      address: try RedisAddress(parsing: redis.url), journalCapacity: journalCapacity,
      deadLetterCapacity: deadLetterCapacity,
      responseTimeout: responseTimeout, probeInterval: probeInterval)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = try await RedisEventBus.start(
      configuration, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
    do {
      try await body(bus, redis)
    } catch {
      bus.close()
      throw error
    }
    bus.close()
  }
}
