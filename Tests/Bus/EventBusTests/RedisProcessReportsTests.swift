import EventBus
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite(.tags(.servers)) struct RedisProcessReportsTests {
  @Test func eachProcessHasOneReportWithItsAgeUntilItTakesItAway() async throws {
    try await withRedisEventBus { bus, _ in
      #expect(try await bus.reports.all().isEmpty)
      let bytes = ByteBuffer(bytes: [0x7B, 0, 10, 13, 255, 0x7D])
      try await bus.reports.post(ByteBuffer(string: "old"), from: "b")
      try await bus.reports.post(ByteBuffer(string: "new"), from: "b")
      try await bus.reports.post(bytes, from: "a")
      let reports = try await bus.reports.all()
      #expect(reports.map(\.process) == ["a", "b"])
      #expect(reports.map(\.body) == [bytes, ByteBuffer(string: "new")])
      #expect(reports.allSatisfy { $0.age >= .zero && $0.age < .seconds(60) })
      try await bus.reports.withdraw("a")
      try await bus.reports.withdraw("nobody")
      #expect(try await bus.reports.all().map(\.process) == ["b"])
    }
  }

  @Test func aProcessThatHasBeenSilentForLongIsForgottenWhenAnotherSpeaks() async throws {
    try await withRedisEventBus { bus, redis in
      // As a process does that spoke at the beginning of 2020.
      let admin = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: MultiThreadedEventLoopGroup.singleton.next(),
        options: RedisConnectionOptions(clientName: "test").patient
      ).get()
      _ = try await admin.send([
        "HSET", .string(bus.keys.workers), "gone", "1577836800000 {}",
      ]).get()
      admin.close()
      let age = try #require(try await bus.reports.all().first?.age)
      #expect(age > .seconds(86_400))
      try await bus.reports.post(ByteBuffer(string: "{}"), from: "here")
      #expect(try await bus.reports.all().map(\.process) == ["here"])
    }
  }
}
