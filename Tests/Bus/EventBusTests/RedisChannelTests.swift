import EventBus
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite(.tags(.servers)) struct RedisChannelTests {
  private func heard(_ listener: RecordingListener) -> [String] {
    listener.record.messages.map {
      switch $0 {
      case .handPublished(_, let payload), .journaled(_, let payload): String(buffer: payload)
      }
    }
  }

  private func publishByHand(_ text: String, to redis: ServerController<RedisServer>) async throws {
    let connection = try await RedisConnection.connect(
      to: RedisAddress(parsing: redis.url), on: MultiThreadedEventLoopGroup.singleton.any(),
      options: .patient
    ).get()
    _ = try await connection.send(["PUBLISH", "progress-events", .string(text)]).get()
    connection.close()
  }

  @Test func comesBackWhenRedisDoes() async throws {
    try await withRedisEventBus { bus, redis in
      let listeners = [RecordingListener(), RecordingListener()]
      let listening = Task { await bus.channel.listen(listeners) }
      try await eventually("it stands") { listeners[1].record.subscriptions == 1 }
      try await publishByHand("one", to: redis)
      try await eventually("one is heard") { heard(listeners[1]) == ["one"] }
      await redis.kill()
      try await eventually("the loss is told") { listeners[1].record.losses.count == 1 }
      try await redis.start()
      try await eventually("it stands again") { listeners[1].record.subscriptions == 2 }
      try await publishByHand("two", to: redis)
      for listener in listeners {
        try await eventually("two is heard") { heard(listener) == ["one", "two"] }
        #expect(listener.tickets.map(\.ordinal) == [1, 1])
        #expect(Set(listener.tickets.map(\.mark)).count == 2)
        #expect(listener.record.losses.count == 1)
      }
      listening.cancel()
      await listening.value
      #expect(listeners[0].record.losses.count == 1, "an end on purpose is no loss")
    }
  }

  @Test func noticesAWedgedRedisWhenNothingIsPublished() async throws {
    try await withRedisEventBus(
      responseTimeout: .seconds(1), probeInterval: .milliseconds(100)
    ) { bus, redis in
      let listener = RecordingListener()
      let listening = Task { await bus.channel.listen([listener]) }
      try await eventually("it stands") { listener.record.subscriptions == 1 }
      await redis.pause()
      try await eventually("the loss is told") { listener.record.losses.count == 1 }
      #expect(listener.record.losses == [.unanswered("Redis did not answer within 1000 ms")])
      await redis.resume()
      try await eventually("it stands again") { listener.record.subscriptions == 2 }
      listening.cancel()
      await listening.value
    }
  }

  @Test func aLateWorkerSharesTheIdentityOfWhatItHears() async throws {
    try await withRedisEventBus { bus, redis in
      let early = RecordingListener()
      let late = RecordingListener()
      let first = Task { await bus.channel.listen([early]) }
      try await eventually("it stands") { early.record.subscriptions == 1 }
      for _ in 1...3 { try await publishByHand("same", to: redis) }
      try await eventually("three are heard") { early.tickets.count == 3 }
      let second = Task { await bus.channel.listen([late]) }
      try await eventually("it stands") { late.record.subscriptions == 1 }
      for _ in 1...3 { try await publishByHand("same", to: redis) }
      try await eventually("all are heard") {
        early.tickets.count == 6 && late.tickets.count == 3
      }
      #expect(Array(early.tickets.suffix(3)) == late.tickets)
      #expect(Set(early.tickets).count == 6, "no ticket is given twice")
      for task in [first, second] {
        task.cancel()
        await task.value
      }
    }
  }
}
