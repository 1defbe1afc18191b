import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// A bus whose address led to the right server once, and does again.
@Suite(.tags(.servers)) struct WrongServerTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func start(_ url: String) async throws -> RedisEventBus {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try await RedisEventBus.start(
      RedisEventBusConfiguration(location: RedisLocation(parsing: url)).patient, on: group,
      logger: logger)
  }

  private func publish(_ number: Int, to bus: RedisEventBus, on loop: any EventLoop) async throws {
    let event = PublishedEvent(
      eventType: "help", payload: ByteBuffer(string: #"{"n":\#(number)}"#))
    try await loop.flatSubmit { bus.publisher.publish([event], on: loop) }.get()
  }

  private func admin(_ redis: ServerController<RedisServer>) async throws -> RedisConnection {
    try await RedisConnection.connect(
      to: RedisAddress(parsing: redis.url), on: group.any(), options: .patient
    ).get()
  }

  /// Publishing on every event loop, reading with a wait, commands, and hearing the channel.
  private func expectAllWorks(
    _ bus: RedisEventBus, _ listener: RecordingListener, number: Int, server: RedisConnection
  ) async throws {
    try await eventually("no fault") { await bus.faults().isEmpty }
    for loop in group.makeIterator() {
      try await eventually("publishing") {
        try await publish(number, to: bus, on: loop)
        return true
      }
    }
    let entries = try await server.send(["XLEN", "progress-events:journal"]).get().integer ?? 0
    #expect(try await bus.journal.state().entries == entries)
    try await eventually("reading") {
      try await !bus.journal.read(group: "g", consumer: "c", count: 99, wait: .milliseconds(50))
        .isEmpty
    }
    // What was published before the subscription stood is mended by whoever listens, from the journal.
    try await eventually("hearing") {
      try await publish(number, to: bus, on: group.any())
      return listener.record.messages.contains {
        guard case .journaled(_, let payload) = $0 else { return false }
        return String(buffer: payload).hasSuffix(#""n":\#(number)}"#)
      }
    }
  }

  @Test func afterAFailoverBehindOneAddressEveryConnectionLeavesTheDemotedServer() async throws {
    try await withRedis { old in
      try await withRedis { new in
        let (oldAdmin, newAdmin) = (try await admin(old), try await admin(new))
        _ = try await newAdmin.send(["REPLICAOF", "127.0.0.1", .integer(old.port)]).get()
        let address = try await MovingAddress.start(leadingTo: old.port)
        let bus = try await start(address.url)
        let listener = RecordingListener()
        let listening = Task { await bus.channel.listen([listener]) }
        try await bus.journal.createGroup("g")
        try await eventually("the subscription") { listener.record.subscriptions == 1 }
        try await expectAllWorks(bus, listener, number: 1, server: oldAdmin)
        try await eventually("the replica has all") {
          try await newAdmin.send(["XLEN", "progress-events:journal"]).get()
            == oldAdmin.send(["XLEN", "progress-events:journal"]).get()
        }
        // A reader that waits meanwhile.
        let waiting = Task {
          try? await bus.journal.read(group: "g", consumer: "w", count: 1, wait: .seconds(60))
        }

        _ = try await newAdmin.send(["REPLICAOF", "NO", "ONE"]).get()
        _ = try await oldAdmin.send(["REPLICAOF", "127.0.0.1", .integer(new.port)]).get()
        try await eventually("the demotion is noticed") {
          await bus.faults().contains { $0.fault == .replica }
        }
        // Connected again, but to the replica: that is no connection.
        await #expect(throws: BusError.self) { try await bus.journal.state() }
        try await address.move(to: new.port)
        try await expectAllWorks(bus, listener, number: 2, server: newAdmin)

        _ = await waiting.value
        listening.cancel()
        await listening.value
        bus.close()
        for connection in [oldAdmin, newAdmin] { connection.close() }
        try await address.close()
      }
    }
  }

  @Test func aNodeOfAClusterIsLeftForTheServerThatTakesItsPlace() async throws {
    try await withTemporaryFolder("cluster-node") { folder in
      let node = ClusterNode(folder: folder, port: try LoopbackPort.free())
      try await withServer(ServerController(node)) { node in
        try await withRedis { redis in
          let address = try await MovingAddress.start(leadingTo: node.port)
          let bus = try await start(address.url)
          #expect(await bus.faults().map(\.fault) == [.clusterDown])
          let error = await #expect(throws: BusError.self) {
            try await publish(1, to: bus, on: group.any())
          }
          #expect(error?.fault == .clusterDown)
          let listener = RecordingListener()
          let listening = Task { await bus.channel.listen([listener]) }
          try await address.move(to: redis.port)
          let server = try await admin(redis)
          try await eventually("the group") {
            try await bus.journal.createGroup("g")
            return true
          }
          try await expectAllWorks(bus, listener, number: 2, server: server)
          listening.cancel()
          await listening.value
          bus.close()
          server.close()
          try await address.close()
        }
      }
    }
  }
}

/// A Redis that belongs to a cluster and has no slots.
private struct ClusterNode: LocalServer {
  let name = "Redis"
  let folder: String
  let port: Int
  let portFlag: String? = nil

  var url: String { "redis://127.0.0.1:\(port)" }

  func prepare() throws -> ServerCommand {
    let server = RedisServer(folder: folder, port: port)
    var command = try server.prepare()
    command.arguments += [
      "--cluster-enabled", "yes", "--cluster-port", "\(try LoopbackPort.free())",
    ]
    return command
  }

  func isReady() async throws -> Bool {
    try await RedisServer(folder: folder, port: port).isReady()
  }
}
