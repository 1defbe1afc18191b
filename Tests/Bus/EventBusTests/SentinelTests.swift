import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// A bus that finds its Redis by Sentinels, real ones.
@Suite(.tags(.servers)) struct SentinelTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func publish(_ name: String, to bus: RedisEventBus, on loop: any EventLoop) async throws {
    let event = PublishedEvent(
      eventType: "help", payload: ByteBuffer(string: #"{"name":"\#(name)"}"#))
    try await loop.flatSubmit { bus.publisher.publish([event], on: loop) }.get()
  }

  /// Publishes on every event loop, each time under another name, until all take it.
  ///
  /// - Returns: the names that were taken at last.
  private func publishEverywhere(_ name: String, to bus: RedisEventBus) async throws -> [String] {
    var names: [String] = []
    for (number, loop) in group.makeIterator().enumerated() {
      names.append("\(name)-\(number)")
      try await eventually(within: .seconds(60), "\(name): publishing") {
        try await publish("\(name)-\(number)", to: bus, on: loop)
        return true
      }
    }
    return names
  }

  /// Everything that the bus does, at the server that the Sentinels name, which is not the first one.
  private func expectAllMoved(
    _ sentinels: SentinelGroup, _ bus: RedisEventBus, _ listener: RecordingListener
  ) async throws {
    try await eventually(within: .seconds(60), "another master") {
      try await sentinels.master().map { $0 != sentinels.servers[0].port } ?? false
    }
    let master = try #require(try await sentinels.master())
    let loops = Array(group.makeIterator()).count
    try await eventually(within: .seconds(60), "the bus is at it") {
      let connections = try await SentinelGroup.busConnections(of: master)
      return connections.count { $0 == "progressbus-publisher" } == loops
        && connections.contains("progressbus-commands")
        && connections.contains("progressbus-channel")
    }
    try await eventually(within: .seconds(60), "the bus has no fault") {
      await bus.faults().isEmpty
    }
    let names = try await publishEverywhere("moved", to: bus)
    let journal = try await SentinelGroup.journal(of: master)
    for name in names { #expect(journal.contains { $0.contains(name) }, "\(name)") }
    #expect(try await bus.journal.state().entries == journal.count)
    try await eventually(within: .seconds(30), "reading") {
      try await !bus.journal.read(group: "g", consumer: "c", count: 99, wait: .milliseconds(50))
        .isEmpty
    }
    // What was published before the subscription stood is mended by whoever listens, from the journal.
    try await eventually(within: .seconds(30), "hearing") {
      try await publish("heard", to: bus, on: group.any())
      return listener.record.messages.contains {
        guard case .journaled(_, let payload) = $0 else { return false }
        return String(buffer: payload).contains("heard")
      }
    }
  }

  private func withListener(
    _ bus: RedisEventBus, _ body: (RecordingListener) async throws -> Void
  ) async throws {
    let listener = RecordingListener()
    try await bus.journal.createGroup("g")
    let listening = Task { await bus.channel.listen([listener]) }
    defer { listening.cancel() }
    _ = try await publishEverywhere("before", to: bus)
    try await body(listener)
  }

  /// A master that was replaced takes events, which are lost, until the Sentinels make it a replica, after ten
  /// seconds or so. Here they cannot: it stays a master, and nothing but their word moves the bus.
  @Test(arguments: [nil, "hunter2"])
  func anOldMasterThatStaysOneIsLeftAtTheSentinelsWord(password: String?) async throws {
    try await withSentinelBus(password: password) { sentinels, bus in
      try await eventually("the Sentinels know both replicas") {
        try await bus.replicasOfSentinels() == 2
      }
      try await withListener(bus) { listener in
        let old = sentinels.servers[0].port
        _ = try await SentinelGroup.send(
          ["ACL", "SETUSER", "default", "-replicaof", "-slaveof"], to: old)
        _ = try await sentinels.ask(
          sentinels.sentinels[1], ["SENTINEL", "FAILOVER", .string(SentinelGroup.masterName)])
        try await expectAllMoved(sentinels, bus, listener)
        try await eventually(within: .seconds(60), "nobody is at the old master") {
          try await SentinelGroup.busConnections(of: old).isEmpty
        }
        let role = try await SentinelGroup.send(["ROLE"], to: old).array?.first?.text
        #expect(role == "master")
      }
    }
  }

  /// Runs `body` with a group and a bus that finds it by its Sentinels.
  private func withSentinelBus(
    password: String? = nil,
    _ body: @Sendable (SentinelGroup, RedisEventBus) async throws -> Void
  ) async throws {
    try await withSentinels(password: password) { sentinels in
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(
          location: RedisLocation(parsing: sentinels.url, sentinelPassword: password)),
        on: group, logger: logger)
      defer { bus.close() }
      try await body(sentinels, bus)
    }
  }

  @Test func aSentinelsPasswordIsNeeded() async throws {
    try await withTemporaryFolder("sentinel") { folder in
      let sentinel = ServerController(
        SentinelServer(
          folder: folder, port: try LoopbackPort.free(), master: try LoopbackPort.free(),
          password: "hunter2"))
      try await sentinel.start()
      do {
        try await expectFault("NOAUTH", of: sentinel, password: nil)
        try await expectFault("WRONGPASS", of: sentinel, password: "hunter3")
      } catch {
        await sentinel.kill()
        throw error
      }
      await sentinel.kill()
    }
  }

  private func expectFault(
    _ answer: String, of sentinel: ServerController<SentinelServer>, password: String?
  ) async throws {
    let location = try RedisLocation(
      parsing: "redis+sentinel://127.0.0.1:\(sentinel.port)/\(SentinelGroup.masterName)",
      sentinelPassword: password)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = try await RedisEventBus.start(
      RedisEventBusConfiguration(location: location), on: group, logger: logger)
    defer { bus.close() }
    try await eventually(within: .seconds(30), "the fault says \(answer)") {
      await bus.faults().contains { $0.detail.contains(answer) }
    }
  }

  @Test func aKilledMasterIsReplaced() async throws {
    try await withSentinelBus { sentinels, bus in
      try await withListener(bus) { listener in
        await sentinels.servers[0].kill()
        try await expectAllMoved(sentinels, bus, listener)
      }
    }
  }

  @Test func aMasterThatWakesUpAgainGetsNothingMore() async throws {
    try await withSentinelBus { sentinels, bus in
      try await withListener(bus) { listener in
        await sentinels.servers[0].pause()
        try await expectAllMoved(sentinels, bus, listener)
        await sentinels.servers[0].resume()
        var names: [String] = []
        for number in 0..<20 {
          names += try await publishEverywhere("awake-\(number)", to: bus)
        }
        let master = try #require(try await sentinels.master())
        let journal = try await SentinelGroup.journal(of: master)
        for name in names { #expect(journal.contains { $0.contains("\"\(name)\"") }, "\(name)") }
      }
    }
  }

  @Test func silentSentinelsAreLeftOut() async throws {
    try await withSentinels { sentinels in
      await sentinels.sentinels[0].pause()
      await sentinels.sentinels[1].kill()
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(location: RedisLocation(parsing: sentinels.url)), on: group,
        logger: logger)
      defer { bus.close() }
      _ = try await publishEverywhere("late", to: bus)
      await sentinels.sentinels[0].resume()
    }
  }

  @Test func withoutAnySentinelTheFaultSaysWhatEachAnswered() async throws {
    let port = try LoopbackPort.free()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = try await RedisEventBus.start(
      RedisEventBusConfiguration(
        location: RedisLocation(parsing: "redis+sentinel://127.0.0.1:\(port)/school")),
      on: group, logger: logger)
    defer { bus.close() }
    try await eventually("the fault") {
      await bus.faults().contains {
        $0.fault == .unreachable && $0.detail.contains("no Sentinel names the primary")
          && $0.detail.contains("127.0.0.1:\(port)")
      }
    }
  }
}
