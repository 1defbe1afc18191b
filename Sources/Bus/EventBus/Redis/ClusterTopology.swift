import Concurrency
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// Which node of a cluster has which slots, as far as this process knows. A node is asked each second, and whenever a
/// connection fails; what a node answers with `MOVED` counts at once. Safe from any thread.
///
/// Connections that serve one slot are left as soon as another node has it, whatever the old one answers: a master that
/// was replaced while it hung may go on taking events that are lost.
final class ClusterTopology: Sendable {
  /// Between two questions.
  static let interval = Duration.seconds(1)
  /// A node answers from memory; one that takes longer is on a machine that is away.
  private static let patience = TimeAmount.milliseconds(500)
  /// How long the word of a node about its slot counts more than what other nodes say, who may not have heard of it.
  private static let movedCounts = TimeAmount.seconds(5)
  /// Between two questions that failed connections ask for.
  private static let shortestInterval = TimeAmount.milliseconds(100)

  private struct Watched {
    let connection: RedisConnection
    let slot: Int
    /// Who had the slot when it was opened.
    let owner: RedisEndpoint
  }

  private struct State {
    var map: RedisSlotMap?
    var epoch = 0
    var moved: [Int: (endpoint: RedisEndpoint, until: NIODeadline)] = [:]
    var watched: [Watched] = []
    var asking: (connection: RedisConnection, endpoint: RedisEndpoint)?
    var refresh: EventLoopFuture<Void>?
    var lastRefresh = NIODeadline.distantPast
    /// Where the next question begins.
    var next = 0
    var isClosed = false
  }

  let cluster: RedisCluster
  private let options: RedisConnectionOptions
  private let eventLoop: any EventLoop
  private let logger: Logger
  private let state = NIOLockedValueBox(State())

  /// Nil where there is no cluster.
  init?(
    _ configuration: RedisEventBusConfiguration, on eventLoop: any EventLoop, logger: Logger
  ) {
    guard case .cluster(let cluster) = configuration.location else { return nil }
    self.cluster = cluster
    self.eventLoop = eventLoop
    self.logger = logger
    var options = configuration.options("topology")
    options.connectTimeout = min(options.connectTimeout, Self.patience)
    options.responseTimeout = min(options.responseTimeout, Self.patience)
    self.options = options
  }

  /// What is known; nil before a node has answered.
  var map: RedisSlotMap? { state.withLockedValue { $0.map } }

  /// Completes with the master of a slot, after a question where it is not known. Fails with `RedisError`, or with
  /// `RedisServerError` where no node has the slot.
  func master(of slot: Int) -> EventLoopFuture<RedisEndpoint> {
    if let master = map?.master(of: slot) { return eventLoop.makeSucceededFuture(master) }
    return refresh().flatMapThrowing {
      guard let master = self.map?.master(of: slot) else {
        throw RedisServerError("CLUSTERDOWN no node of the cluster has slot \(slot)")
      }
      return master
    }
  }

  /// Takes a node's word for who has a slot.
  func note(_ redirection: RedisRedirection) {
    guard redirection.kind == .moved else { return }
    let left = state.withLockedValue { state in
      state.moved[redirection.slot] = (redirection.endpoint, .now() + Self.movedCounts)
      state.map?.note(redirection.slot, movedTo: redirection.endpoint)
      return takeLeft(&state)
    }
    leave(left)
    refreshSoon()
  }

  /// Watches over a connection that serves a slot until it is lost.
  ///
  /// - Parameter owner: who had the slot when the connection was opened.
  /// - Throws: when another node has it by now.
  func add(
    _ connection: RedisConnection, slot: Int, owner: RedisEndpoint
  ) throws(RedisServerError) {
    let successor = state.withLockedValue { state -> RedisEndpoint? in
      if let master = state.map?.master(of: slot), master != owner { return master }
      state.watched.append(Watched(connection: connection, slot: slot, owner: owner))
      return nil
    }
    if let successor { throw Self.moved(slot, to: successor) }
    connection.lost.whenComplete { [weak self] _ in
      self?.state.withLockedValue { $0.watched.removeAll { $0.connection === connection } }
      self?.refreshSoon()
    }
  }

  /// Until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        try await refresh().get()
      } catch {
        logger.debug(
          "no node of the cluster tells who has its slots", metadata: ["error": "\(error)"])
      }
      do { try await Task.sleep(for: Self.interval) } catch { break }
    }
    close()
  }

  private func close() {
    let asking = state.withLockedValue { state in
      state.isClosed = true
      defer { state.asking = nil }
      return state.asking
    }
    asking?.connection.close()
  }

  /// A connection to some node failed: another may have taken over.
  func refreshSoon() {
    let isDue = state.withLockedValue {
      !$0.isClosed && $0.lastRefresh + Self.shortestInterval <= .now()
    }
    if isDue { _ = refresh() }
  }

  /// Asks a node; one question at a time. Fails with `RedisError.noCluster` when none answers.
  func refresh() -> EventLoopFuture<Void> {
    eventLoop.flatSubmit {
      if let refresh = self.state.withLockedValue({ $0.refresh }) { return refresh }
      let refresh = self.ask(0, [])
      self.state.withLockedValue {
        $0.refresh = refresh
        $0.lastRefresh = .now()
      }
      refresh.whenComplete { _ in self.state.withLockedValue { $0.refresh = nil } }
      return refresh
    }
  }

  /// Those that may be asked: all that are known, then those of the settings.
  private var candidates: [RedisEndpoint] {
    let known = map?.nodes.map(\.endpoint) ?? []
    return known + cluster.endpoints.filter { !known.contains($0) }
  }

  private func ask(_ attempt: Int, _ silent: [String]) -> EventLoopFuture<Void> {
    let candidates = candidates
    guard attempt <= candidates.count else {
      return eventLoop.makeFailedFuture(
        RedisError.noCluster(reason: silent.joined(separator: "; ")))
    }
    return askingConnection(candidates).flatMap { connection, endpoint in
      self.ask(connection, endpoint).flatMapErrorThrowing { error in
        connection.close()
        throw error
      }
    }.flatMapError { error in
      self.state.withLockedValue {
        $0.asking = nil
        $0.next += 1
      }
      return self.ask(attempt + 1, silent + ["\(error)"])
    }
  }

  private func askingConnection(
    _ candidates: [RedisEndpoint]
  ) -> EventLoopFuture<(RedisConnection, RedisEndpoint)> {
    if let asking = state.withLockedValue({ $0.asking }) {
      return eventLoop.makeSucceededFuture(asking)
    }
    let endpoint = candidates[state.withLockedValue { $0.next } % candidates.count]
    return RedisConnection.connect(
      to: cluster.server(at: endpoint), on: eventLoop, options: options
    ).map { connection in
      let isClosed = self.state.withLockedValue {
        $0.asking = (connection, endpoint)
        return $0.isClosed
      }
      if isClosed { connection.close() }
      return (connection, endpoint)
    }
  }

  /// A node that has lost the others knows nothing of what they decided, and says so.
  private func ask(
    _ connection: RedisConnection, _ endpoint: RedisEndpoint
  ) -> EventLoopFuture<Void> {
    connection.send(["CLUSTER", "INFO"]).and(connection.send(["CLUSTER", "SLOTS"]))
      .flatMapThrowing { info, slots in
        for case .error(let error) in [info, slots] { throw error }
        let map = try RedisSlotMap(slots, asked: endpoint)
        let fields = (info.text ?? "").split(whereSeparator: \.isNewline)
        let epoch = fields.lazy.compactMap { line in
          line.hasPrefix("cluster_current_epoch:") ? Int(line.dropFirst(22)) : nil
        }.first
        self.take(map, epoch: epoch ?? 0)
        guard fields.contains("cluster_state:ok") else {
          throw RedisServerError("CLUSTERDOWN \(endpoint) says that the cluster is down")
        }
      }
  }

  private func take(_ map: RedisSlotMap, epoch: Int) {
    let left = state.withLockedValue { state -> [Watched] in
      guard epoch >= state.epoch, !map.ranges.isEmpty || state.map == nil else { return [] }
      state.epoch = epoch
      state.map = map
      let now = NIODeadline.now()
      state.moved = state.moved.filter { $0.value.until > now }
      for (slot, moved) in state.moved { state.map?.note(slot, movedTo: moved.endpoint) }
      return takeLeft(&state)
    }
    leave(left)
  }

  /// Those whose slot another node has by now.
  private func takeLeft(_ state: inout State) -> [Watched] {
    guard let map = state.map else { return [] }
    func isLeft(_ watched: Watched) -> Bool {
      map.master(of: watched.slot).map { $0 != watched.owner } ?? false
    }
    let left = state.watched.filter(isLeft)
    if !left.isEmpty { state.watched.removeAll(where: isLeft) }
    return left
  }

  private func leave(_ left: [Watched]) {
    guard !left.isEmpty else { return }
    logger.notice(
      "another node of the cluster has a partition of the journal",
      metadata: ["connections": "\(left.count)"])
    for watched in left {
      guard let master = map?.master(of: watched.slot) else { continue }
      watched.connection.close(because: Self.moved(watched.slot, to: master))
    }
  }

  /// In the words of a node that knows it.
  private static func moved(_ slot: Int, to endpoint: RedisEndpoint) -> RedisServerError {
    RedisServerError("MOVED \(slot) \(endpoint)")
  }
}
