import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import Observability
import ProgressBusTesting
import RedisDriver
import Testing

/// Events that replicas have to confirm, on a real master and two replicas.
@Suite(.tags(.servers)) struct ConfirmedReplicasTests {
  private let group = MultiThreadedEventLoopGroup.singleton
  private let metrics = MetricsRegistry()

  private typealias Servers = [ServerController<ReplicatedServer>]

  private func withBus(
    confirmedBy replicas: Int = 2, capacity: Int = 1000,
    confirmationTimeout: TimeAmount = .seconds(60),
    prepare: @Sendable (Servers) async throws -> Void = { _ in },
    _ body: @Sendable (Servers, RedisEventBus) async throws -> Void
  ) async throws {
    try await withReplicas(2) { servers in
      try await prepare(servers)
      var configuration = RedisEventBusConfiguration(
        location: try RedisLocation(parsing: servers[0].url), journalCapacity: capacity
      ).patient
      configuration.confirmedReplicas = replicas
      configuration.confirmationTimeout = confirmationTimeout
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let bus = try await RedisEventBus.start(
        configuration, on: group, metrics: metrics, logger: logger)
      defer { bus.close() }
      try await body(servers, bus)
    }
  }

  /// One call for each number, all in one tick of an event loop.
  private func publish(
    _ numbers: Range<Int>, to bus: RedisEventBus, on loop: any EventLoop
  ) async throws {
    try await loop.flatSubmit {
      EventLoopFuture.andAllSucceed(
        numbers.map { number in
          let event = PublishedEvent(
            eventType: "help", payload: ByteBuffer(string: #"{"number":\#(number)}"#))
          return bus.publisher.publish([event], on: loop)
        }, on: loop)
    }.get()
  }

  private func publishOne(to bus: RedisEventBus) async throws {
    try await publish(0..<1, to: bus, on: group.any())
  }

  private func error(of bus: RedisEventBus) async -> BusError? {
    do {
      try await publishOne(to: bus)
      return nil
    } catch {
      return error as? BusError
    }
  }

  private func entries(_ server: ServerController<ReplicatedServer>) async throws -> Int? {
    try await SentinelGroup.send(["XLEN", "progress-events:journal"], to: server.port).integer
  }

  /// How often a server was sent a command.
  private func calls(
    of command: String, to server: ServerController<ReplicatedServer>
  ) async throws -> Int {
    let stats = try await SentinelGroup.send(["INFO", "commandstats"], to: server.port).text ?? ""
    let line = stats.split(whereSeparator: \.isNewline).first {
      $0.hasPrefix("cmdstat_\(command):")
    }
    return line?.firstMatch(of: /calls=(\d+)/).flatMap { Int($0.1) } ?? 0
  }

  private func expectCounter(_ count: Int) {
    #expect(metrics.prometheusText().contains("progressbus_bus_unconfirmed_total \(count)\n"))
  }

  @Test func whatIsPublishedIsInEveryReplica() async throws {
    try await withBus { servers, bus in
      let loop = group.any()
      for round in 1...20 {
        try await publish(0..<10, to: bus, on: loop)
        for server in servers { #expect(try await entries(server) == round * 10) }
      }
      #expect(await bus.faults().isEmpty)
      expectCounter(0)
    }
  }

  @Test func whatComesWhileTheReplicasAreAskedGoesTogetherAndInOrder() async throws {
    try await withBus(capacity: 100_000) { servers, bus in
      let loop = group.any()
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for thousand in 0..<8 {
          tasks.addTask {
            try await publish(thousand * 1000..<thousand * 1000 + 1000, to: bus, on: loop)
          }
        }
        try await tasks.waitForAll()
      }
      let journal = try await SentinelGroup.journal(of: servers[2].port)
      #expect(journal.count == 8000)
      for thousand in 0..<8 {
        let numbers = journal.compactMap { $0.firstMatch(of: /\d+/).flatMap { Int($0.0) } }
          .filter { $0 / 1000 == thousand }
        #expect(numbers == numbers.sorted() && numbers.count == 1000)
      }
      // One for each tick at most, one before the first event of each connection, and some for health.
      #expect(try await calls(of: "wait", to: servers[0]) <= 200)
    }
  }

  @Test func withoutTheSettingNobodyWaits() async throws {
    try await withBus(confirmedBy: 0) { servers, bus in
      await servers[1].pause()
      for loop in group.makeIterator() { try await publish(0..<10, to: bus, on: loop) }
      #expect(await bus.faults().isEmpty)
      #expect(try await calls(of: "wait", to: servers[0]) == 0)
      await servers[1].resume()
    }
  }

  @Test func whatAPausedReplicaLacksIsNotAccepted() async throws {
    try await withBus(confirmationTimeout: .seconds(3)) { servers, bus in
      let loop = group.any()
      try await publish(0..<1, to: bus, on: loop)
      await servers[2].pause()
      let error = await #expect(throws: BusError.self) {
        try await publish(0..<3, to: bus, on: loop)
      }
      #expect(error?.leftNothingDone == false)
      #expect(error?.fault == .unconfirmed)
      expectCounter(1)
      let written = try await entries(servers[0])

      // Each further try would be in the journal once more.
      for _ in 0..<5 {
        let refusal = await #expect(throws: BusError.self) {
          try await publish(0..<3, to: bus, on: loop)
        }
        #expect(refusal == .unavailable(.unconfirmed, "1 of 2 have it"))
      }
      #expect(try await entries(servers[0]) == written)
      #expect(await bus.faults().map(\.fault) == [.unconfirmed])
      expectCounter(1)

      await servers[2].resume()
      try await eventually("events are taken again") {
        try await publish(0..<3, to: bus, on: loop)
        return true
      }
      try await eventually("the end") { await bus.faults().isEmpty }
      #expect(try await entries(servers[2]) == entries(servers[0]))
    }
  }

  @Test func whereThereAreTooFewReplicasNothingIsWritten() async throws {
    try await withBus(confirmedBy: 3, confirmationTimeout: .seconds(1)) { servers, bus in
      #expect(await error(of: bus) == .unavailable(.unconfirmed, "2 of 3 have it"))
      let written = try await entries(servers[0])
      #expect(written == 0)
      #expect(try await bus.report().connectedReplicas == 2)
      #expect(try await bus.replicasOfSentinels() == nil)
    }
  }

  @Test func aRoleWithoutTrafficNoticesThatAReplicaIsAway() async throws {
    try await withBus(confirmationTimeout: .seconds(3)) { servers, bus in
      await servers[1].kill()
      try await eventually("the fault") { await bus.faults().map(\.fault) == [.unconfirmed] }
      #expect(try await entries(servers[0]) == 0)
      try await servers[1].start()
      try await eventually("the end") { await bus.faults().isEmpty }
      try await publishOne(to: bus)
    }
  }

  /// A script that Redis has lost is sent again, behind the `WAIT` of the first try.
  @Test func aCallThatIsSentAgainIsAskedForAgain() async throws {
    try await withBus(confirmationTimeout: .seconds(3)) { servers, bus in
      let loop = group.any()
      try await publish(0..<1, to: bus, on: loop)
      _ = try await SentinelGroup.send(["SCRIPT", "FLUSH"], to: servers[0].port)
      try await publish(1..<2, to: bus, on: loop)
      #expect(try await entries(servers[2]) == 2)
      _ = try await SentinelGroup.send(["SCRIPT", "FLUSH"], to: servers[0].port)
      await servers[1].pause()
      let error = await #expect(throws: BusError.self) {
        try await publish(2..<3, to: bus, on: loop)
      }
      #expect(error == .unconfirmed("1 of 2 have it"))
      await servers[1].resume()
    }
  }

  @Test func whatTheServerRefusesIsToldAsBefore() async throws {
    try await withBus(capacity: 5) { servers, bus in
      try await publish(0..<5, to: bus, on: group.any())
      #expect(await error(of: bus) == .full)
      expectCounter(0)
    }
  }

  @Test func withoutTheRightToWaitNothingIsWritten() async throws {
    let deny = { @Sendable (servers: Servers) in
      _ = try await SentinelGroup.send(["ACL", "SETUSER", "default", "-wait"], to: servers[0].port)
    }
    try await withBus(prepare: deny) { servers, bus in
      #expect(await error(of: bus)?.fault == .accessDenied)
      #expect(try await entries(servers[0]) == 0)
      _ = try await SentinelGroup.send(["ACL", "SETUSER", "default", "+wait"], to: servers[0].port)
      try await eventually("events are taken") { await self.error(of: bus) == nil }
    }
  }

  @Test func aConnectionThatIsLostLeavesTheOutcomeOpen() async throws {
    try await withBus { servers, bus in
      try await publishOne(to: bus)
      await servers[1].pause()
      await servers[2].pause()
      let loop = group.any()
      async let outcome = publish(0..<1, to: bus, on: loop)
      try await eventually("the event is written") { try await entries(servers[0]) == 2 }
      await servers[0].kill()
      do {
        try await outcome
        Issue.record("nobody has it")
      } catch let error as BusError {
        #expect(!error.leftNothingDone, "\(error)")
      }
      try await servers[0].start()
      await servers[1].resume()
      await servers[2].resume()
      try await eventually(within: .seconds(60), "events are taken again") {
        await self.error(of: bus) == nil
      }
    }
  }
}
