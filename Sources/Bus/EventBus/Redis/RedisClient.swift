import NIOCore
import RedisDriver

/// A link for callers on any thread: commands and scripts that answer at once, on one pipelined
/// connection.
final class RedisClient: Sendable {
  private let link: NIOLoopBound<RedisLink>
  let eventLoop: any EventLoop

  private init(_ link: NIOLoopBound<RedisLink>, on eventLoop: any EventLoop) {
    self.link = link
    self.eventLoop = eventLoop
  }

  /// Starts to connect.
  static func start(
    _ connector: PrimaryConnector, scripts: [RedisScript],
    eventLoop: any EventLoop, condition: BusCondition
  ) -> EventLoopFuture<RedisClient> {
    eventLoop.submit {
      let link = RedisLink(
        connector, role: "commands", scripts: scripts, eventLoop: eventLoop,
        condition: condition)
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
    replies(to: [command]).map { $0[0] }
  }

  /// Sends the commands in one go; the replies in the same order.
  func send(_ commands: [RedisCommand]) async throws(BusError) -> [RedisReply] {
    try await Self.result(of: replies(to: commands))
  }

  private func replies(to commands: [RedisCommand]) -> EventLoopFuture<[RedisReply]> {
    eventLoop.flatSubmit {
      self.link.value.whenConnected().flatMap { connection in
        EventLoopFuture.whenAllSucceed(
          commands.map { connection.send($0) }, on: connection.eventLoop
        ).flatMapThrowing { replies in
          for case .error(let error) in replies {
            self.link.value.judge(error, on: connection)
            throw error
          }
          return replies
        }
      }
    }
  }

  func run(_ call: ScriptCall) async throws(BusError) -> RedisReply {
    try await Self.result(
      of: eventLoop.flatSubmit {
        self.link.value.whenConnected().flatMap { self.link.value.run(call, on: $0) }
          .flatMapThrowing { reply in
            if case .error(let error) = reply { throw error }
            return reply
          }
      })
  }

  /// Runs the scripts in one go; the replies in the same order.
  ///
  /// - Throws: when one of them fails; others may have run.
  func run(_ calls: [ScriptCall]) async throws(BusError) -> [RedisReply] {
    try await Self.result(
      of: eventLoop.flatSubmit {
        self.link.value.whenConnected().flatMap { connection in
          EventLoopFuture.whenAllSucceed(
            calls.map { self.link.value.run($0, on: connection) }, on: connection.eventLoop)
        }.flatMapThrowing { replies in
          for case .error(let error) in replies { throw error }
          return replies
        }
      })
  }

  /// Whether an event would be taken now, as far as this connection can tell.
  func tryPublishing() async throws(BusError) {
    try await Self.result(of: eventLoop.flatSubmit { self.link.value.tryPublishing() })
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
