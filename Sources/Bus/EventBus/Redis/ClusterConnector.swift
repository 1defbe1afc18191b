import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// Connects to the nodes of a cluster.
struct ClusterConnector: Sendable {
  /// Nodes that name each other, one after the other.
  private static let longestChain = 5

  let configuration: RedisEventBusConfiguration
  let topology: ClusterTopology
  let agreement: PartitionAgreement

  private var keys: RedisKeys { configuration.keys }

  /// Fails with `RedisError` or `RedisServerError`.
  func connect(
    as role: String, to target: ConnectionTarget, on eventLoop: any EventLoop
  ) -> EventLoopFuture<RedisConnection> {
    agreed(as: role, on: eventLoop).flatMap {
      switch target {
      case .node(let endpoint): open(endpoint, as: role, on: eventLoop)
      case .partition(let index):
        topology.master(of: RedisSlot.of(keys.journals[index])).hop(to: eventLoop).flatMap {
          open(partition: index, at: $0, of: $0, as: role, on: eventLoop, chain: 0)
        }
      }
    }.flatMapErrorThrowing { error in
      topology.refreshSoon()
      throw error
    }
  }

  private func open(
    _ endpoint: RedisEndpoint, as role: String, on eventLoop: any EventLoop,
    isAsking: Bool = false
  ) -> EventLoopFuture<RedisConnection> {
    var options = configuration.options(role)
    options.isAsking = isAsking
    return RedisConnection.connect(
      to: topology.cluster.server(at: endpoint), on: eventLoop, options: options)
  }

  /// - Parameter owner: who has the partition's slot; the node at `endpoint` may be about to get it.
  private func open(
    partition index: Int, at endpoint: RedisEndpoint, of owner: RedisEndpoint, as role: String,
    on eventLoop: any EventLoop, chain: Int
  ) -> EventLoopFuture<RedisConnection> {
    let question = configuration.question(.partition(index))
    return open(endpoint, as: role, on: eventLoop, isAsking: endpoint != owner)
      .flatMap { connection in
        connection.send(question.script.bySource(question.byDigest(""))).flatMap { reply in
          guard case .error(let error) = reply, RedisErrorMeaning(error).connection == .ends else {
            return eventLoop.makeCompletedFuture {
              try topology.add(
                connection, slot: RedisSlot.of(keys.journals[index]), owner: owner)
              return connection
            }.flatMapErrorThrowing { error in
              connection.close()
              throw error
            }
          }
          connection.close(because: error)
          guard let redirection = RedisRedirection(error, asked: endpoint),
            chain < Self.longestChain
          else { return eventLoop.makeFailedFuture(error) }
          topology.note(redirection)
          let isMoved = redirection.kind == .moved
          return open(
            partition: index, at: redirection.endpoint,
            of: isMoved ? redirection.endpoint : owner, as: role, on: eventLoop, chain: chain + 1)
        }
      }
  }

  /// As each connection to one server asks how many partitions the journal has; here one node knows for all.
  private func agreed(as role: String, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
    if agreement.isFresh || !configuration.agreesOnPartitions {
      return eventLoop.makeSucceededVoidFuture()
    }
    return topology.master(of: RedisSlot.of(keys.partitions)).hop(to: eventLoop)
      .flatMap { stored(at: $0, as: role, on: eventLoop) }
      .flatMapThrowing { stored in
        try configuration.checkPartitions(stored: stored)
        agreement.reach()
      }
      .flatMapErrorThrowing { error in
        // The node that knows may be away; the others need not be.
        guard agreement.wasReached, BusError(error).fault != .otherPartitions else { throw error }
      }
  }

  private func stored(
    at endpoint: RedisEndpoint, as role: String, on eventLoop: any EventLoop
  ) -> EventLoopFuture<Int> {
    // No journal of one stream is in a cluster.
    let call = ScriptCall(
      .partitions, keys: [keys.partitions, keys.partitions],
      arguments: [.integer(configuration.partitions)])
    let command = call.script.bySource(call.byDigest(""))
    return open(endpoint, as: role, on: eventLoop).flatMap { connection in
      connection.send(command).flatMap { reply in
        connection.close()
        if let stored = reply.integer { return eventLoop.makeSucceededFuture(stored) }
        guard case .error(let error) = reply else {
          return eventLoop.makeFailedFuture(RedisError.malformedReply("\(reply)"))
        }
        guard let redirection = RedisRedirection(error, asked: endpoint) else {
          return eventLoop.makeFailedFuture(error)
        }
        topology.note(redirection)
        return open(redirection.endpoint, as: role, on: eventLoop).flatMap { other in
          let reply =
            redirection.kind == .ask ? other.sendAsking(command) : other.send(command)
          return reply.flatMapThrowing { reply in
            other.close()
            if case .error(let error) = reply { throw error }
            guard let stored = reply.integer else {
              throw RedisError.malformedReply("\(reply)")
            }
            return stored
          }
        }
      }
    }
  }
}

/// Whether this process and the cluster are set to the same number of partitions. Safe from any thread.
final class PartitionAgreement: Sendable {
  /// How long an answer counts for other connections.
  private static let counts = TimeAmount.seconds(1)

  private let reached = NIOLockedValueBox<NIODeadline?>(nil)

  var isFresh: Bool { reached.withLockedValue { $0.map { $0 + Self.counts > .now() } ?? false } }

  var wasReached: Bool { reached.withLockedValue { $0 != nil } }

  func reach() { reached.withLockedValue { $0 = .now() } }
}
