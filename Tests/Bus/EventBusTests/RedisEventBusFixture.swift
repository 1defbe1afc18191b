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
  responseTimeout: TimeAmount = .minutes(1),
  probeInterval: TimeAmount = .seconds(5),
  _ body: @Sendable (RedisEventBus, ServerController<RedisServer>) async throws -> Void
) async throws {
  try await withRedis { redis in
    try await withRedisEventBus(
      at: redis.url, journalCapacity: journalCapacity, deadLetterCapacity: deadLetterCapacity,
      responseTimeout: responseTimeout, probeInterval: probeInterval
    ) { bus in try await body(bus, redis) }
  }
}

/// Runs `body` with a bus on a Redis that runs.
func withRedisEventBus(
  at url: String,
  journalCapacity: Int = RedisEventBusConfiguration.defaultJournalCapacity,
  deadLetterCapacity: Int = RedisEventBusConfiguration.defaultDeadLetterCapacity,
  confirmedReplicas: Int = 0,
  partitions: Int = 1,
  responseTimeout: TimeAmount = .minutes(1),
  probeInterval: TimeAmount = .seconds(5),
  _ body: @Sendable (RedisEventBus) async throws -> Void
) async throws {
  var configuration = RedisEventBusConfiguration(
    location: try RedisLocation(parsing: url),
    keys: RedisKeys(partitions: partitions, inCluster: RedisCluster.isMeant(by: url)),
    journalCapacity: journalCapacity,
    deadLetterCapacity: deadLetterCapacity,
    probeInterval: probeInterval
  ).patient
  configuration.responseTimeout = responseTimeout
  configuration.confirmedReplicas = confirmedReplicas
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let bus = try await RedisEventBus.start(
    configuration, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
  do {
    try await body(bus)
  } catch {
    bus.close()
    throw error
  }
  bus.close()
}
