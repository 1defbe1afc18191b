import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// Both forms of the bus keep the same promises.
@Suite struct BusConformanceTests {
  @Test(.tags(.servers), arguments: BusConformance.allCases)
  func inRedis(_ promise: BusConformance) async throws {
    try await withRedis { redis in try await check(promise, at: redis.url) }
  }

  @Test(.tags(.servers), arguments: BusConformance.allCases)
  func inRedisWithReplicasThatConfirm(_ promise: BusConformance) async throws {
    try await withReplicas(1) { servers in
      try await check(promise, at: servers[0].url, confirmedReplicas: 1)
    }
  }

  @Test(
    .tags(.servers), .enabled(if: OtherServers.areInstalled, OtherServers.missing),
    arguments: OtherServers.Redis.allCases, BusConformance.allCases)
  func inServersOfOtherMakes(_ make: OtherServers.Redis, _ promise: BusConformance) async throws {
    try await withTemporaryFolder("redis") { folder in
      let plain = RedisServer(folder: folder, port: try LoopbackPort.free())
      try await withServer(ServerController(OtherRedisServer(make, plain: plain))) { redis in
        try await check(promise, at: redis.url)
      }
    }
  }

  /// The events of the suite name no learner, so all are in one partition; the others must not be in their way.
  @Test(.tags(.servers), arguments: BusConformance.allCases)
  func inSixPartitions(_ promise: BusConformance) async throws {
    try await withRedis { redis in try await check(promise, at: redis.url, partitions: 6) }
  }

  private func check(
    _ promise: BusConformance, at url: String, confirmedReplicas: Int = 0, partitions: Int = 1
  ) async throws {
    try await withRedisEventBus(
      at: url, journalCapacity: partitions * BusConformance.journalCapacity,
      deadLetterCapacity: BusConformance.deadLetterCapacity, confirmedReplicas: confirmedReplicas,
      partitions: partitions
    ) { bus in
      let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
      let redisCLI = try await RedisConnection.connect(
        to: RedisAddress(parsing: url), on: eventLoop, options: .patient
      ).get()
      try await promise.check(
        BusUnderTest(
          publisher: bus.publisher, journal: bus.journal, channel: bus.channel,
          adoptions: bus.adoptions, deadLetters: bus.deadLetters, eventLoop: eventLoop,
          publishByHand: { message in
            _ = try await redisCLI.send(["PUBLISH", "progress-events", .bytes(message)]).get()
          },
          loseEverything: { _ = try await redisCLI.send(["FLUSHALL"]).get() }))
      redisCLI.close()
    }
  }

  @Test(arguments: BusConformance.allCases)
  func inMemory(_ promise: BusConformance) async throws {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let bus = MemoryEventBus(
      journalCapacity: BusConformance.journalCapacity,
      deadLetterCapacity: BusConformance.deadLetterCapacity, eventLoop: eventLoop)
    try await promise.check(
      BusUnderTest(
        publisher: bus, journal: bus, channel: bus, adoptions: bus, deadLetters: bus,
        eventLoop: eventLoop, publishByHand: { try bus.publishByHand($0) },
        loseEverything: { bus.loseEverything() }))
  }
}
