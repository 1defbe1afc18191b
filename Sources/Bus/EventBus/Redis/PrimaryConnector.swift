import NIOCore
import RedisDriver

/// Connects to the server that takes events. Behind one address there may be a replica for a while, as
/// after a failover: such a connection answers PING, and refuses all that matters.
struct PrimaryConnector: Sendable {
  let configuration: RedisEventBusConfiguration
  /// Watches over the connections; nil where no Sentinels know the server.
  var watch: SentinelWatch?
  /// Nil where there is no cluster.
  var cluster: ClusterConnector?

  /// Completes on the event loop with a connection to a server that does not call itself the wrong one. It
  /// may refuse events for other reasons: those do not mend with another connection.
  ///
  /// The future fails with `RedisError` or `RedisServerError`.
  func connect(
    as role: String, to target: ConnectionTarget = .partition(0), on eventLoop: any EventLoop
  ) -> EventLoopFuture<RedisConnection> {
    if let cluster { return cluster.connect(as: role, to: target, on: eventLoop) }
    let question = configuration.question(target)
    // By its source: a digest would be loaded first, for one call.
    let asked = question.script.bySource(question.byDigest(""))
    let changes = watch?.changes ?? 0
    return address(for: role, on: eventLoop).flatMap { address in
      RedisConnection.connect(to: address, on: eventLoop, options: configuration.options(role))
        .flatMap { connection in
          connection.send(asked).flatMapThrowing { reply in
            if case .error(let error) = reply, RedisErrorMeaning(error).connection == .ends {
              connection.close(because: error)
              throw error
            }
            return connection
          }
        }
        .flatMap { agreed(on: $0) }
        .flatMap { confirmed($0, at: address, since: changes) }
    }
  }

  /// What is in the journal tells nobody that there are other partitions: their events would be stored by nobody.
  private func agreed(on connection: RedisConnection) -> EventLoopFuture<RedisConnection> {
    guard configuration.agreesOnPartitions else {
      return connection.eventLoop.makeSucceededFuture(connection)
    }
    let keys = configuration.keys
    let count = configuration.partitions
    let call = ScriptCall(
      .partitions, keys: [keys.partitions, keys.unpartitionedJournal], arguments: [.integer(count)])
    return connection.send(call.script.bySource(call.byDigest(""))).flatMapThrowing { reply in
      // An account that may not ask, or a server that cannot write, has had an answer before.
      guard let stored = reply.integer else { return connection }
      do throws(RedisServerError) {
        try configuration.checkPartitions(stored: stored)
      } catch {
        connection.close(because: error)
        throw error
      }
      return connection
    }
  }

  private func address(
    for role: String, on eventLoop: any EventLoop
  ) -> EventLoopFuture<RedisAddress> {
    switch configuration.location {
    case .server(let address): eventLoop.makeSucceededFuture(address)
    case .sentinels(let sentinels):
      SentinelQuestions(sentinels, options: configuration.options(role)).master(on: eventLoop)
    // Unless the settings contradict one another.
    case .cluster:
      eventLoop.makeFailedFuture(RedisError.noCluster(reason: "there is no connector for it"))
    }
  }

  /// Where Sentinels name the server, it has to call itself the master as well: what they say may be old.
  private func confirmed(
    _ connection: RedisConnection, at address: RedisAddress, since changes: Int
  ) -> EventLoopFuture<RedisConnection> {
    guard case .sentinels = configuration.location else {
      return connection.eventLoop.makeSucceededFuture(connection)
    }
    return connection.send(["ROLE"]).flatMapThrowing { reply in
      // An account without the right to ask has had an answer to the question above.
      do throws(RedisServerError) {
        if let role = reply.array?.first?.text, role != "master" {
          throw RedisServerError("READONLY the server that Sentinel names is a \(role)")
        }
        try watch?.add(connection, to: address, since: changes)
      } catch {
        connection.close(because: error)
        throw error
      }
      return connection
    }
  }
}

extension RedisEventBusConfiguration {
  /// Asks whether an event would be taken.
  func question(_ target: ConnectionTarget) -> ScriptCall {
    var journals = keys.journals
    if keys.areInCluster, case .partition(let index) = target { journals = [journals[index]] }
    return ScriptCall(
      .tryPublishing, keys: journals, arguments: [.integer(partitionCapacity)])
  }

  /// What is in the journal tells nobody that there are other partitions.
  func checkPartitions(stored: Int) throws(RedisServerError) {
    guard stored != partitions else { return }
    throw RedisServerError(
      "PARTITIONS the journal has \(stored), and bus.partitions is \(partitions): set it to \(stored), or empty the journal first"
    )
  }
}
