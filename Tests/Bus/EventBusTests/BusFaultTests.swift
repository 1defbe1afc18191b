import EventBus
import Foundation
import LocalStack
import NIOCore
import NIOPosix
import Observability
import ProgressBusTesting
import RedisDriver
import Testing

/// Why the bus takes no events is found out, told and forgotten, by real states of a real Redis.
@Suite(.tags(.servers)) struct BusFaultTests {
  /// A state of Redis in which it takes no events.
  enum ServerState: CaseIterable, Sendable {
    case withoutMemory, withoutReplicas, withoutDisk, busy, holdingSomethingElse, denying
    case replica, loneReplica

    var fault: BusFault {
      switch self {
      case .withoutMemory: .outOfMemory
      case .withoutReplicas: .fewReplicas
      case .withoutDisk: .cannotSave
      case .busy: .busy
      case .holdingSomethingElse: .wrongType
      case .denying: .accessDenied
      case .replica: .replica
      case .loneReplica: .loneReplica
      }
    }

    func begin(
      on admin: RedisConnection, at address: RedisAddress, folder: String
    ) async throws {
      switch self {
      case .withoutMemory: _ = try await admin.send(["CONFIG", "SET", "maxmemory", "1"]).get()
      case .withoutReplicas:
        _ = try await admin.send(["CONFIG", "SET", "min-replicas-to-write", "1"]).get()
      case .withoutDisk:
        // A folder of the file's name stands in its way.
        try FileManager.default.createDirectory(
          atPath: "\(folder)/dump.rdb", withIntermediateDirectories: false)
        _ = try await admin.send(["CONFIG", "SET", "save", "3600 1000000"]).get()
        _ = try await admin.send(["BGSAVE"]).get()
      case .busy:
        _ = try await admin.send(["CONFIG", "SET", "busy-reply-threshold", "10"]).get()
        let other = try await RedisConnection.connect(
          to: address, on: admin.eventLoop,
          options: RedisConnectionOptions(responseTimeout: .minutes(5))
        ).get()
        _ = other.send(["EVAL", "while true do end", 0])
      case .holdingSomethingElse:
        _ = try await admin.send(["SET", "progress-events:journal", "x"]).get()
      case .denying: _ = try await admin.send(["ACL", "SETUSER", "default", "-xadd"]).get()
      case .replica: _ = try await admin.send(["REPLICAOF", "127.0.0.1", "1"]).get()
      case .loneReplica:
        _ = try await admin.send(["CONFIG", "SET", "replica-serve-stale-data", "no"]).get()
        _ = try await admin.send(["REPLICAOF", "127.0.0.1", "1"]).get()
      }
    }

    func end(on admin: RedisConnection, folder: String) async throws {
      switch self {
      case .withoutMemory: _ = try await admin.send(["CONFIG", "SET", "maxmemory", "0"]).get()
      case .withoutReplicas:
        _ = try await admin.send(["CONFIG", "SET", "min-replicas-to-write", "0"]).get()
      case .withoutDisk:
        try FileManager.default.removeItem(atPath: "\(folder)/dump.rdb")
        _ = try await admin.send(["BGSAVE"]).get()
      case .busy: _ = try await admin.send(["SCRIPT", "KILL"]).get()
      case .holdingSomethingElse:
        _ = try await admin.send(["DEL", "progress-events:journal"]).get()
      case .denying: _ = try await admin.send(["ACL", "SETUSER", "default", "+xadd"]).get()
      case .replica, .loneReplica: _ = try await admin.send(["REPLICAOF", "NO", "ONE"]).get()
      }
    }
  }

  private func publish(to bus: RedisEventBus, on loop: any EventLoop) async throws {
    let event = PublishedEvent(eventType: "help", payload: ByteBuffer(string: "{}"))
    try await loop.flatSubmit { bus.publisher.publish([event], on: loop) }.get()
  }

  @Test(arguments: ServerState.allCases) func eachStateIsToldOnceAndEndsOnce(
    state: ServerState
  ) async throws {
    let log = RecordedLog()
    let metrics = MetricsRegistry()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
    try await withRedis { redis in
      let address = try RedisAddress(parsing: redis.url)
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(location: .server(address)).patient, on: group, metrics: metrics,
        logger: log.logger)
      defer { bus.close() }
      let loops = Array(group.makeIterator())
      let admin = try await RedisConnection.connect(
        to: address, on: group.next(), options: .patient
      ).get()
      #expect(await bus.faults().isEmpty)

      try await state.begin(on: admin, at: address, folder: redis.folder)
      // Nobody publishes: it is found by asking.
      try await eventually("the fault") { await bus.faults().map(\.fault) == [state.fault] }
      for _ in 1...20 {
        for loop in loops {
          let error = await #expect(throws: BusError.self) { try await publish(to: bus, on: loop) }
          #expect(error?.fault == state.fault)
        }
      }
      let name = #"progressbus_bus_fault{fault="\#(state.fault.rawValue)"}"#
      #expect(metrics.prometheusText().contains("\(name) 1"))

      try await state.end(on: admin, folder: redis.folder)
      try await eventually("the end") { await bus.faults().isEmpty }
      for loop in loops { try await publish(to: bus, on: loop) }
      #expect(metrics.prometheusText().contains("\(name) 0"))
      admin.close()
      let sentence = state.fault.sentence
      #expect(
        log.messages
          == ["warning the bus takes no events: \(sentence)", "notice that is over: \(sentence)"])
    }
    try await group.shutdownGracefully()
  }

  @Test func aRestartOfRedisIsOverWhenEveryEventLoopIsConnected() async throws {
    let log = RecordedLog()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 8)
    try await withRedis { redis in
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(location: RedisLocation(parsing: redis.url)).patient, on: group,
        logger: log.logger)
      defer { bus.close() }
      await redis.kill()
      try await eventually("Redis is missed") {
        await bus.faults().map(\.fault) == [.unreachable]
      }
      try await redis.start()
      try await eventually("the end") { await bus.faults().allSatisfy { $0.fault != .unreachable } }
      for loop in group.makeIterator() { try await publish(to: bus, on: loop) }
    }
    let sentence = BusFault.unreachable.sentence
    #expect(
      log.messages.filter { $0.contains(sentence) }
        == ["warning the bus takes no events: \(sentence)", "notice that is over: \(sentence)"])
    try await group.shutdownGracefully()
  }

  @Test func aFullJournalIsNotBlamedOnRedis() async throws {
    try await withRedisEventBus(journalCapacity: 2) { bus, _ in
      let loop = MultiThreadedEventLoopGroup.singleton.any()
      for _ in 1...2 { try await publish(to: bus, on: loop) }
      #expect(await bus.faults().map(\.fault) == [.journalFull])
      await #expect(throws: BusError.full) { try await publish(to: bus, on: loop) }
      let newest = try await bus.journal.state().last
      _ = try await bus.journal.trim(before: newest)
      try await eventually("the end") { await bus.faults().isEmpty }
    }
  }
}
