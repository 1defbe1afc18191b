import NIOCore
import RedisDriver

/// Connects to the server that takes events. Behind one address there may be a replica for a while, as
/// after a failover: such a connection answers PING, and refuses all that matters.
struct PrimaryConnector: Sendable {
  let configuration: RedisEventBusConfiguration

  /// Asks whether an event would be taken.
  var question: ScriptCall {
    ScriptCall(
      .tryPublishing, keys: [configuration.keys.journal],
      arguments: [.integer(configuration.journalCapacity)])
  }

  /// Completes on the event loop with a connection to a server that does not call itself the wrong one. It
  /// may refuse events for other reasons: those do not mend with another connection.
  ///
  /// The future fails with `RedisError` or `RedisServerError`.
  func connect(as role: String, on eventLoop: any EventLoop) -> EventLoopFuture<RedisConnection> {
    // By its source: a digest would be loaded first, for one call.
    let question = question.script.bySource(question.byDigest(""))
    return RedisConnection.connect(
      to: configuration.address, on: eventLoop, options: configuration.options(role)
    ).flatMap { connection in
      connection.send(question).flatMapThrowing { reply in
        if case .error(let error) = reply, RedisErrorMeaning(error).connection == .ends {
          connection.close(because: error)
          throw error
        }
        return connection
      }
    }
  }
}
