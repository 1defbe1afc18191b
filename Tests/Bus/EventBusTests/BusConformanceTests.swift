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

  /// One cluster for all, emptied for each: it takes seconds to stand.
  @Test(.tags(.servers)) func inACluster() async throws {
    try await withCluster { cluster in
      for promise in BusConformance.allCases {
        do {
          try await check(promise, in: cluster)
        } catch {
          Issue.record(error, "\(promise)")
        }
        try await cluster.empty()
      }
    }
  }

  private func check(_ promise: BusConformance, in cluster: ClusterGroup) async throws {
    try await withRedisEventBus(
      at: cluster.url, journalCapacity: 6 * BusConformance.journalCapacity,
      deadLetterCapacity: BusConformance.deadLetterCapacity, confirmedReplicas: 1, partitions: 6
    ) { bus in
      try await promise.check(
        BusUnderTest(
          publisher: bus.publisher, journal: bus.journal, channel: bus.channel,
          adoptions: bus.adoptions, deadLetters: bus.deadLetters,
          eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
          publishByHand: { message in
            _ = try await SentinelGroup.send(
              ["PUBLISH", "progress-events", .bytes(message)], to: cluster.servers[4].port)
          },
          loseEverything: { try await cluster.empty() }))
    }
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

extension ClusterGroup {
  fileprivate func empty() async throws {
    for master in try await slots().masters {
      _ = try await SentinelGroup.send(["FLUSHALL"], to: master.endpoint.port)
    }
  }
}
