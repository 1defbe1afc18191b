import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// A Redis user who may do what the bus lives by, and nothing that only pleases the eye.
@Suite(.tags(.servers)) struct RestrictedUserTests {
  /// As `docs/operations.md` lists them.
  static let rights = """
    +eval +evalsha +subscribe +publish +xadd +xlen +xrange +xrevrange +xtrim +xdel +xgroup \
    +xreadgroup +xack +xclaim +xautoclaim +xpending +xinfo +get +set +setnx +del +exists +hset +hdel +hgetall \
    +pexpire +time
    """

  @Test func theBusDoesWithoutCosmeticCommands() async throws {
    try await withRedis { redis in
      let group = MultiThreadedEventLoopGroup.singleton
      let plain = try RedisAddress(parsing: redis.url)
      let admin = try await RedisConnection.connect(to: plain, on: group.any(), options: .patient)
        .get()
      let rights = Self.rights.split(separator: " ").map {
        RedisCommand.Argument.string(String($0))
      }
      let made = try await admin.send(
        RedisCommand(
          ["ACL", "SETUSER", "bus", "on", ">hunter2", "~progress-events*", "&progress-events*"]
            + rights)
      ).get()
      #expect(made == .status("OK"))
      var configuration = RedisEventBusConfiguration(
        location: .server(
          RedisAddress(endpoint: plain.endpoint, user: "bus", password: "hunter2"))
      ).patient
      configuration.probeInterval = .milliseconds(50)
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let bus = try await RedisEventBus.start(configuration, on: group, logger: logger)
      #expect(await bus.faults() == [])
      try await bus.check()
      #expect(try await bus.report() == RedisServerReport())
      #expect(try await bus.channelSubscribers() == nil)

      let listener = RecordingListener()
      let listening = Task { await bus.channel.listen([listener]) }
      try await eventually("the subscription") { listener.record.subscriptions == 1 }
      // Probes of the silent channel are refused, and that is a sign of life.
      let refused = try await admin.send(["INFO", "errorstats"]).get().text ?? ""
      #expect(refused.contains("NOPERM"))
      try await bus.journal.createGroup("g")
      let loop = group.any()
      for _ in 1...2 {
        let event = PublishedEvent(eventType: "help", payload: ByteBuffer(string: "{}"))
        try await loop.flatSubmit { bus.publisher.publish([event], on: loop) }.get()
        try await Task.sleep(for: .milliseconds(200))
      }
      try await eventually("both are heard") { listener.record.messages.count == 2 }
      #expect(listener.record.losses.isEmpty)
      let read = try await bus.journal.read(group: "g", consumer: "c", count: 9, wait: .zero)
      #expect(read.count == 2)
      try await bus.journal.touch(group: "g", consumer: "c", ids: read.map(\.id))
      _ = try await bus.journal.claimAbandoned(group: "g", consumer: "d", idle: .zero, count: 9)
      try await bus.journal.acknowledge(group: "g", ids: read.map(\.id))
      #expect(try await bus.journal.state().groups.first?.pending == 0)
      try await bus.journal.leave(group: "g", consumer: "c")
      try await bus.reports.post(ByteBuffer(string: "{}"), from: "w")
      #expect(try await bus.reports.all().count == 1)
      listening.cancel()
      await listening.value
      bus.close()
      admin.close()
    }
  }
}
