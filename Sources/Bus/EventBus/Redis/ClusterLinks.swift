import NIOCore
import RedisDriver

/// A link to each node of a cluster that has slots. A command goes to the node that has its key, and after another node's
/// word to that one. Confined to an event loop.
final class ClusterLinks {
  /// Nodes that name each other, one after the other.
  private static let longestChain = 5
  /// Tries of a command whose two keys are on the way from one node to another.
  private static let triesWhileMoving = 40
  private static let pauseWhileMoving = TimeAmount.milliseconds(50)

  /// What can be sent to the node of a key.
  private enum Request {
    case command(RedisCommand)
    case call(ScriptCall)

    /// Nil where any node will do.
    var key: String? {
      switch self {
      case .command(let command): command.clusterKey
      case .call(let call): call.firstKey
      }
    }
  }

  private let connector: PrimaryConnector
  private let topology: ClusterTopology
  private let scripts: [RedisScript]
  private let eventLoop: any EventLoop
  private let condition: BusCondition
  private var links: [RedisEndpoint: RedisLink] = [:]
  private var isClosed = false

  init(
    _ connector: PrimaryConnector, _ cluster: ClusterConnector, scripts: [RedisScript],
    eventLoop: any EventLoop, condition: BusCondition
  ) {
    self.connector = connector
    topology = cluster.topology
    self.scripts = scripts
    self.eventLoop = eventLoop
    self.condition = condition
  }

  func close() {
    isClosed = true
    for link in links.values { link.close() }
  }

  /// Connects to the nodes that are known, and asks for them before. Completes with the first that stands.
  func connect() -> EventLoopFuture<Void> {
    let links = NIOLoopBound(self, eventLoop: eventLoop)
    return topology.refresh().hop(to: eventLoop).flatMapError { error in
      // The first node asked may be away; the others are known from before, if at all.
      links.value.topology.map == nil
        ? links.value.eventLoop.makeFailedFuture(error)
        : links.value.eventLoop.makeSucceededVoidFuture()
    }.flatMap {
      let nodes = links.value.linkMasters()
      return links.value.firstConnected(nodes[...])
    }
  }

  private func firstConnected(_ candidates: ArraySlice<RedisLink>) -> EventLoopFuture<Void> {
    guard let first = candidates.first else {
      return eventLoop.makeFailedFuture(
        RedisServerError("CLUSTERDOWN no node of the cluster has slots"))
    }
    let links = NIOLoopBound(self, eventLoop: eventLoop)
    let others = NIOLoopBound(candidates.dropFirst(), eventLoop: eventLoop)
    return first.whenConnected().map { _ in }.flatMapError { error in
      others.value.isEmpty
        ? links.value.eventLoop.makeFailedFuture(error)
        : links.value.firstConnected(others.value)
    }
  }

  /// Links to all masters that are known; those to nodes that are none any more are closed.
  private func linkMasters() -> [RedisLink] {
    guard let map = topology.map else { return Array(links.values) }
    let masters = map.masters.map(\.endpoint)
    for (endpoint, link) in links where !masters.contains(endpoint) {
      link.close()
      links[endpoint] = nil
    }
    return masters.map { link(to: $0) }
  }

  private func link(to endpoint: RedisEndpoint) -> RedisLink {
    if let link = links[endpoint] { return link }
    let link = RedisLink(
      connector, role: "commands", to: .node(endpoint), scripts: scripts, eventLoop: eventLoop,
      condition: condition)
    links[endpoint] = link
    if isClosed { link.close() } else { link.connect() }
    return link
  }

  // MARK: Sending

  /// An error that a node answers is a reply.
  func send(_ command: RedisCommand) -> EventLoopFuture<RedisReply> {
    send(.command(command), chain: 0, tries: 0)
  }

  func run(_ call: ScriptCall) -> EventLoopFuture<RedisReply> {
    send(.call(call), chain: 0, tries: 0)
  }

  private func send(
    _ request: Request, chain: Int, tries: Int
  ) -> EventLoopFuture<RedisReply> {
    let links = NIOLoopBound(self, eventLoop: eventLoop)
    guard let key = request.key else {
      let nodes = linkMasters()
      let standing = nodes.first { if case .success = $0.connection { true } else { false } }
      guard let link = standing ?? nodes.first else {
        return connect().flatMap { links.value.send(request, chain: chain, tries: tries) }
      }
      let chosen = NIOLoopBound(link, eventLoop: eventLoop)
      return link.whenConnected().flatMap {
        links.value.send(request, by: chosen.value, on: $0)
      }
    }
    return topology.master(of: RedisSlot.of(key)).hop(to: eventLoop).flatMap { endpoint in
      links.value.link(to: endpoint).whenConnected().flatMap {
        links.value.send(request, by: links.value.link(to: endpoint), on: $0)
      }.flatMap { reply in
        links.value.follow(reply, from: endpoint, request, chain: chain, tries: tries)
      }
    }
  }

  private func send(
    _ request: Request, by link: RedisLink, on connection: RedisConnection
  ) -> EventLoopFuture<RedisReply> {
    switch request {
    case .call(let call): return link.run(call, on: connection)
    case .command(let command):
      let link = NIOLoopBound(link, eventLoop: eventLoop)
      return connection.send(command).map { reply in
        if case .error(let error) = reply { link.value.judge(error, on: connection) }
        return reply
      }
    }
  }

  /// Nothing of what a node answers with a redirection has been done.
  private func follow(
    _ reply: RedisReply, from endpoint: RedisEndpoint, _ request: Request, chain: Int, tries: Int
  ) -> EventLoopFuture<RedisReply> {
    guard case .error(let error) = reply else { return eventLoop.makeSucceededFuture(reply) }
    let links = NIOLoopBound(self, eventLoop: eventLoop)
    if error.code == "TRYAGAIN", tries < Self.triesWhileMoving {
      let pause = eventLoop.scheduleTask(in: Self.pauseWhileMoving) {}
      return pause.futureResult.flatMap {
        links.value.send(request, chain: chain, tries: tries + 1)
      }
    }
    if error.code == "CLUSTERDOWN" { topology.refreshSoon() }
    guard chain < Self.longestChain, let redirection = RedisRedirection(error, asked: endpoint)
    else { return eventLoop.makeSucceededFuture(reply) }
    switch redirection.kind {
    case .moved:
      topology.note(redirection)
      return send(request, chain: chain + 1, tries: tries)
    case .ask:
      return ask(request, at: redirection.endpoint).flatMap { reply in
        links.value.follow(
          reply, from: redirection.endpoint, request, chain: chain + 1, tries: tries)
      }
    }
  }

  /// Once, of the node that is about to get the key's slot.
  private func ask(_ request: Request, at endpoint: RedisEndpoint) -> EventLoopFuture<RedisReply> {
    let command =
      switch request {
      case .command(let command): command
      case .call(let call): call.script.bySource(call.byDigest(""))
      }
    return link(to: endpoint).whenConnected().flatMap { $0.sendAsking(command) }
  }

  /// The same question to every master.
  ///
  /// The future fails where one cannot be asked.
  func sendToAll(_ command: RedisCommand) -> EventLoopFuture<[RedisReply]> {
    EventLoopFuture.whenAllSucceed(
      linkMasters().map { link in link.whenConnected().flatMap { $0.send(command) } },
      on: eventLoop)
  }

  /// Fails with why one of the masters cannot be asked.
  func tryConnecting() -> EventLoopFuture<Void> {
    let nodes = linkMasters()
    guard !nodes.isEmpty else { return connect() }
    for node in nodes {
      if case .failure(let error) = node.connection {
        return eventLoop.makeFailedFuture(error.inPart(of: node.target))
      }
    }
    return eventLoop.makeSucceededVoidFuture()
  }
}

extension RedisCommand {
  /// The key whose slot decides which node of a cluster takes the command; nil where any does.
  fileprivate var clusterKey: String? {
    guard case .string(let name) = arguments[0] else { return nil }
    switch name {
    case "PING", "INFO", "PUBLISH", "PUBSUB", "CLUSTER": return nil
    default:
      guard arguments.count > 1, case .string(let key) = arguments[1] else { return nil }
      return key
    }
  }
}
