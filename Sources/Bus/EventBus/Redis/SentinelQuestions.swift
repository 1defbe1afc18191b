import NIOCore
import RedisDriver

/// Asks Sentinels about the master: one after the other, until one knows.
struct SentinelQuestions: Sendable {
  /// A Sentinel answers from memory; one that takes longer is on a machine that is away.
  static let patience = TimeAmount.milliseconds(500)

  let sentinels: RedisSentinels
  let options: RedisConnectionOptions

  /// - Parameter options: of a connection to the server; times are shortened.
  init(_ sentinels: RedisSentinels, options: RedisConnectionOptions) {
    self.sentinels = sentinels
    var options = options
    options.connectTimeout = min(options.connectTimeout, Self.patience)
    options.responseTimeout = min(options.responseTimeout, Self.patience)
    self.options = options
  }

  /// Completes with the master's address. Fails with `RedisError.noSentinel` when no Sentinel tells.
  func master(on eventLoop: any EventLoop) -> EventLoopFuture<RedisAddress> {
    ask(0, [], on: eventLoop) { master(by: $0) }
  }

  /// Completes with how many replicas there are, those included that are away now. Fails like `master`.
  func replicas(on eventLoop: any EventLoop) -> EventLoopFuture<Int> {
    ask(0, [], on: eventLoop) { connection in
      connection.send(["SENTINEL", "REPLICAS", .string(sentinels.masterName)])
        .flatMapThrowing { reply in
          if case .error(let error) = reply {
            throw RedisError.noSentinel(reason: "a Sentinel says: \(error)")
          }
          return reply.array?.count ?? 0
        }
    }
  }

  private func ask<Answer: Sendable>(
    _ index: Int, _ silent: [String], on eventLoop: any EventLoop,
    _ question: @escaping @Sendable (RedisConnection) -> EventLoopFuture<Answer>
  ) -> EventLoopFuture<Answer> {
    guard index < sentinels.endpoints.count else {
      return eventLoop.makeFailedFuture(
        RedisError.noSentinel(reason: silent.joined(separator: "; ")))
    }
    return connect(index, on: eventLoop).flatMap { connection in
      question(connection).always { _ in connection.close() }
    }.flatMapError { error in
      ask(index + 1, silent + ["\(error)"], on: eventLoop, question)
    }
  }

  /// A connection to one of the Sentinels.
  func connect(_ index: Int, on eventLoop: any EventLoop) -> EventLoopFuture<RedisConnection> {
    RedisConnection.connect(
      to: sentinels.sentinel(at: sentinels.endpoints[index]), on: eventLoop, options: options)
  }

  /// What the Sentinel of a connection says. Fails with `RedisError`.
  func master(by connection: RedisConnection) -> EventLoopFuture<RedisAddress> {
    connection.send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(sentinels.masterName)])
      .flatMapThrowing { reply in
        switch reply {
        case .array(let parts):
          guard parts.count == 2, let host = parts[0].text,
            let port = parts[1].text.flatMap({ Int($0) })
          else { throw RedisError.malformedReply("a Sentinel named no address") }
          return sentinels.server(at: RedisEndpoint(host: host, port: port))
        case .error(let error): throw RedisError.noSentinel(reason: "a Sentinel says: \(error)")
        default:
          throw RedisError.noSentinel(
            reason: "a Sentinel knows no master called \(sentinels.masterName)")
        }
      }
  }
}
