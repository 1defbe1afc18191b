import EventBus
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// Which consumers of a group Redis goes on remembering.
@Suite(.tags(.servers)) struct RedisConsumerTests {
  private static let eventLoop = MultiThreadedEventLoopGroup.singleton.any()

  private func publish(_ count: Int, to bus: RedisEventBus) async throws {
    let events = (0..<count).map { _ in
      PublishedEvent(eventType: "help", payload: ByteBuffer(string: "{}"))
    }
    try await Self.eventLoop.flatSubmit {
      bus.publisher.publish(events, on: Self.eventLoop)
    }.get()
  }

  @Test func consumersOfKilledWorkersAreForgotten() async throws {
    try await withRedisEventBus { bus, redis in
      let commands = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: Self.eventLoop, options: .patient
      ).get()
      func consumers() async throws -> Set<String> {
        let reply = try await commands.send([
          "XINFO", "CONSUMERS", "progress-events:journal", "postgres",
        ]).get()
        return Set((reply.array ?? []).compactMap { $0.array?[1].text })
      }
      func forget(_ silence: Duration) async throws -> Int {
        try await bus.journal.forgetConsumers(of: "postgres", silentFor: silence)
      }
      await #expect(throws: BusError.self) { _ = try await forget(.zero) }
      try await bus.journal.createGroup("postgres")
      try await publish(4, to: bus)
      for name in ["killed", "killed-too", "pending", "alive"] {
        let read = try await bus.journal.read(
          group: "postgres", consumer: name, count: 1, wait: .zero)
        if name != "pending" {
          try await bus.journal.acknowledge(group: "postgres", ids: read.map(\.id))
        }
      }
      try await bus.reports.post(ByteBuffer(string: "{}"), from: "alive")
      #expect(try await forget(.seconds(3600)) == 0)
      #expect(try await consumers().count == 4)
      #expect(try await forget(.zero) == 2)
      #expect(try await consumers() == ["pending", "alive"])
      commands.close()
    }
  }

  /// Before Redis 7.2 a worker without a report looks idle when there is nothing to read.
  @Test func aReaderThatIsForgottenByMistakeReadsOn() async throws {
    try await withRedisEventBus { bus, _ in
      try await bus.journal.createGroup("postgres")
      try await publish(1, to: bus)
      let first = try await bus.journal.read(
        group: "postgres", consumer: "reader", count: 9, wait: .zero)
      try await bus.journal.acknowledge(group: "postgres", ids: first.map(\.id))
      async let read = bus.journal.read(
        group: "postgres", consumer: "reader", count: 9, wait: .seconds(30))
      try await eventually("it is forgotten") {
        try await bus.journal.forgetConsumers(of: "postgres", silentFor: .zero) == 1
      }
      try await publish(1, to: bus)
      #expect(try await read.count == 1)
      #expect(try await bus.journal.state().groups.first?.pending == 1)
    }
  }
}
