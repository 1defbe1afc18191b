import NIOCore
import RedisDriver

/// A link for callers on any thread: commands and scripts that answer at once, on one pipelined
/// connection.
final class RedisClient: Sendable {
  private let link: NIOLoopBound<RedisLink>
  private let eventLoop: any EventLoop

  private init(_ link: NIOLoopBound<RedisLink>, on eventLoop: any EventLoop) {
    self.link = link
    self.eventLoop = eventLoop
  }

  /// Starts to connect.
  static func start(
    address: RedisAddress, options: RedisConnectionOptions, scripts: [RedisScript],
    eventLoop: any EventLoop, outage: OutageLog
  ) -> EventLoopFuture<RedisClient> {
    eventLoop.submit {
      let link = RedisLink(
        address: address, options: options, scripts: scripts, eventLoop: eventLoop, outage: outage)
      link.connect()
      return RedisClient(NIOLoopBound(link, eventLoop: eventLoop), on: eventLoop)
    }
  }

  func close() { eventLoop.execute { self.link.value.close() } }

  func waitUntilConnected() async throws(BusError) {
    try await Self.result(of: eventLoop.flatSubmit { self.link.value.whenConnected().map { _ in } })
  }

  /// - Throws: also when the server answers with an error.
  func send(_ command: RedisCommand) async throws(BusError) -> RedisReply {
    try await Self.result(of: reply(to: command))
  }

  /// The same for callers on an event loop; completes on another one.
  func reply(to command: RedisCommand) -> EventLoopFuture<RedisReply> {
    eventLoop.flatSubmit {
      self.link.value.whenConnected().flatMap { $0.send(command) }.flatMapThrowing(Self.checked)
    }
  }

  /// Sends the commands in one go; the replies in the same order.
  func send(_ commands: [RedisCommand]) async throws(BusError) -> [RedisReply] {
    try await Self.result(
      of: eventLoop.flatSubmit {
        self.link.value.whenConnected().flatMap { connection in
          EventLoopFuture.whenAllSucceed(
            commands.map { connection.send($0) }, on: connection.eventLoop)
        }.flatMapThrowing { try $0.map(Self.checked) }
      })
  }

  func run(_ call: ScriptCall) async throws(BusError) -> RedisReply {
    try await Self.result(
      of: eventLoop.flatSubmit {
        self.link.value.whenConnected().flatMap { self.link.value.run(call, on: $0) }
          .flatMapThrowing(Self.checked)
      })
  }

  @Sendable private static func checked(_ reply: RedisReply) throws -> RedisReply {
    if case .error(let error) = reply { throw error }
    return reply
  }

  private static func result<Value: Sendable>(
    of future: EventLoopFuture<Value>
  ) async throws(BusError) -> Value {
    do {
      return try await future.get()
    } catch {
      throw BusError(error)
    }
  }
}
