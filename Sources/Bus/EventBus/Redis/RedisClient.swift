import NIOCore
import RedisDriver

/// Links for callers on any thread: commands and scripts that answer at once, on one pipelined connection; in a cluster
/// on one to each node.
final class RedisClient: Sendable {
  private enum Links: Sendable {
    case one(NIOLoopBound<RedisLink>)
    case cluster(NIOLoopBound<ClusterLinks>)
  }

  private let links: Links
  let eventLoop: any EventLoop

  private init(_ links: Links, on eventLoop: any EventLoop) {
    self.links = links
    self.eventLoop = eventLoop
  }

  /// Starts to connect.
  static func start(
    _ connector: PrimaryConnector, scripts: [RedisScript],
    eventLoop: any EventLoop, condition: BusCondition
  ) -> EventLoopFuture<RedisClient> {
    eventLoop.submit {
      if let cluster = connector.cluster {
        let links = ClusterLinks(
          connector, cluster, scripts: scripts, eventLoop: eventLoop, condition: condition)
        return RedisClient(.cluster(NIOLoopBound(links, eventLoop: eventLoop)), on: eventLoop)
      }
      let link = RedisLink(
        connector, role: "commands", scripts: scripts, eventLoop: eventLoop,
        condition: condition)
      link.connect()
      return RedisClient(.one(NIOLoopBound(link, eventLoop: eventLoop)), on: eventLoop)
    }
  }

  func close() {
    eventLoop.execute {
      switch self.links {
      case .one(let link): link.value.close()
      case .cluster(let links): links.value.close()
      }
    }
  }

  /// In a cluster, to one node at least.
  func waitUntilConnected() async throws(BusError) {
    try await Self.result(
      of: eventLoop.flatSubmit {
        switch self.links {
        case .one(let link): link.value.whenConnected().map { _ in }
        case .cluster(let links): links.value.connect()
        }
      })
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
      switch self.links {
      case .one(let link):
        link.value.whenConnected().flatMap { connection in
          EventLoopFuture.whenAllSucceed(
            commands.map { connection.send($0) }, on: connection.eventLoop
          ).flatMapThrowing { replies in
            for case .error(let error) in replies {
              link.value.judge(error, on: connection)
              throw error
            }
            return replies
          }
        }
      case .cluster(let links):
        Self.withoutErrors(
          EventLoopFuture.whenAllSucceed(
            commands.map { links.value.send($0) }, on: self.eventLoop))
      }
    }
  }

  func run(_ call: ScriptCall) async throws(BusError) -> RedisReply {
    try await run([call])[0]
  }

  /// Runs the scripts in one go; the replies in the same order.
  ///
  /// - Throws: when one of them fails; others may have run.
  func run(_ calls: [ScriptCall]) async throws(BusError) -> [RedisReply] {
    try await Self.result(of: eventLoop.flatSubmit { Self.withoutErrors(self.answers(to: calls)) })
  }

  /// The same, each with what became of it.
  func attempt(_ calls: [ScriptCall]) async throws(BusError) -> [Result<RedisReply, BusError>] {
    try await Self.result(of: eventLoop.flatSubmit { self.outcomes(of: calls) })
  }

  private func outcomes(
    of calls: [ScriptCall]
  ) -> EventLoopFuture<[Result<RedisReply, BusError>]> {
    @Sendable func outcome(_ reply: RedisReply) -> Result<RedisReply, BusError> {
      if case .error(let error) = reply { .failure(BusError(error)) } else { .success(reply) }
    }
    switch links {
    case .one: return answers(to: calls).map { replies in replies.map { outcome($0) } }
    case .cluster(let links):
      return EventLoopFuture.whenAllComplete(calls.map { links.value.run($0) }, on: eventLoop)
        .map { results in
          results.map { result in result.mapError { BusError($0) }.flatMap { outcome($0) } }
        }
    }
  }

  private func answers(to calls: [ScriptCall]) -> EventLoopFuture<[RedisReply]> {
    switch links {
    case .one(let link):
      link.value.whenConnected().flatMap { connection in
        EventLoopFuture.whenAllSucceed(
          calls.map { link.value.run($0, on: connection) }, on: connection.eventLoop)
      }
    case .cluster(let links):
      EventLoopFuture.whenAllSucceed(calls.map { links.value.run($0) }, on: eventLoop)
    }
  }

  private static func withoutErrors(
    _ replies: EventLoopFuture<[RedisReply]>
  ) -> EventLoopFuture<[RedisReply]> {
    replies.flatMapThrowing { replies in
      for case .error(let error) in replies { throw error }
      return replies
    }
  }

  /// Asks every server that has keys.
  func sendToAll(_ command: RedisCommand) async throws(BusError) -> [RedisReply] {
    try await Self.result(
      of: eventLoop.flatSubmit {
        switch self.links {
        case .one: self.replies(to: [command])
        case .cluster(let links): Self.withoutErrors(links.value.sendToAll(command))
        }
      })
  }

  /// Whether an event would be taken now, as far as these connections can tell.
  func tryPublishing() async throws(BusError) {
    try await Self.result(
      of: eventLoop.flatSubmit {
        switch self.links {
        case .one(let link): link.value.tryPublishing()
        case .cluster(let links): links.value.tryConnecting()
        }
      })
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
