import EventBus
import LocalStack
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite(.tags(.servers)) struct RedisOutageLogTests {
  /// Keeps what is logged.
  private struct Recorder: LogHandler {
    let messages: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      messages.withLockedValue { $0.append("\(event.level) \(event.message)") }
    }
  }

  @Test func anOutageIsOneWarningAndOneNoticeHoweverManyEventLoopsNotice() async throws {
    let messages = NIOLockedValueBox<[String]>([])
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 8)
    try await withRedis { redis in
      let bus = try await RedisEventBus.start(
        RedisEventBusConfiguration(address: RedisAddress(parsing: redis.url)), on: group,
        logger: Logger(label: "test") { _ in Recorder(messages: messages) })
      defer { bus.close() }
      try await bus.check()
      await redis.kill()
      try await eventually("Redis is missed") {
        do { try await bus.check() } catch { return true }
        return false
      }
      try await redis.start()
      try await eventually("all are back") {
        messages.withLockedValue { $0.contains("notice connected to Redis again") }
      }
    }
    #expect(
      messages.withLockedValue { $0 }
        == ["warning Redis is out of reach", "notice connected to Redis again"])
    try await group.shutdownGracefully()
  }
}
