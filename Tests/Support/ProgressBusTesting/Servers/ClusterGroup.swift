import Foundation
public import LocalStack
import NIOCore
import NIOPosix
public import RedisDriver

/// Three masters and a replica of each, which take a silent master for dead after two seconds.
public struct ClusterGroup: Sendable {
  /// Masters to begin with, then their replicas in the same order.
  public let servers: [ServerController<ClusterServer>]

  public var url: String {
    "redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
  }

  /// Which node has which slots, as a node says that takes commands.
  public func slots() async throws -> RedisSlotMap {
    var last: (any Error)?
    for server in servers {
      do {
        let info = try await SentinelGroup.send(["CLUSTER", "INFO"], to: server.port).text ?? ""
        guard info.contains("cluster_state:ok") else { continue }
        return try RedisSlotMap(
          try await SentinelGroup.send(["CLUSTER", "SLOTS"], to: server.port),
          asked: RedisEndpoint(host: "127.0.0.1", port: server.port))
      } catch {
        last = error
      }
    }
    throw last ?? RedisError.noCluster(reason: "no node says that the cluster stands")
  }

  /// The master that has a key's slot.
  public func master(of key: String) async throws -> ServerController<ClusterServer> {
    let endpoint = try await slots().master(of: RedisSlot.of(key))
    guard let server = servers.first(where: { $0.port == endpoint?.port }) else {
      throw RedisError.noCluster(reason: "nobody has the slot of \(key)")
    }
    return server
  }

  /// Sends a command to the node that has a key.
  public func send(_ command: RedisCommand, for key: String) async throws -> RedisReply {
    try await SentinelGroup.send(command, to: master(of: key).port)
  }

  /// Swaps the roles of the master that has a key and its replica.
  public func swapRoles(ofTheMasterOf key: String) async throws {
    let slot = RedisSlot.of(key)
    let range = try await slots().range(of: slot)
    guard let range, let replica = range.replicas.first else {
      throw RedisError.noCluster(reason: "the master has no replica")
    }
    try await eventually(within: .seconds(30), "another master") {
      // Refused while the replica has still to catch up.
      _ = try await SentinelGroup.send(["CLUSTER", "FAILOVER"], to: replica.endpoint.port)
      return try await slots().master(of: slot) == replica.endpoint
    }
  }

  /// Moves a key's slot to another master as `redis-cli --cluster reshard` does, while it is used.
  public func moveSlot(of key: String) async throws {
    let slot = RedisSlot.of(key)
    let map = try await slots()
    guard let source = map.range(of: slot)?.master,
      let target = map.masters.first(where: { $0.id != source.id })
    else { throw RedisError.noCluster(reason: "there is no other master") }
    try await order(
      ["CLUSTER", "SETSLOT", .integer(slot), "IMPORTING", .string(source.id)], of: target)
    try await order(
      ["CLUSTER", "SETSLOT", .integer(slot), "MIGRATING", .string(target.id)], of: source)
    // New keys go to the target by now.
    try await Task.sleep(for: .milliseconds(500))
    while true {
      let keys =
        try await SentinelGroup.send(
          ["CLUSTER", "GETKEYSINSLOT", .integer(slot), 10], to: source.endpoint.port
        ).array ?? []
      if keys.isEmpty { break }
      for key in keys {
        try await order(
          [
            "MIGRATE", .string(target.endpoint.host), .integer(target.endpoint.port),
            .string(key.text ?? ""), 0, 10_000,
          ], of: source)
      }
    }
    // The key is on the target, and the slot is not: `ASK`.
    try await Task.sleep(for: .milliseconds(500))
    let given: RedisCommand = ["CLUSTER", "SETSLOT", .integer(slot), "NODE", .string(target.id)]
    try await order(given, of: target)
    for master in map.masters where master.id != target.id { try await order(given, of: master) }
  }

  private func order(_ command: RedisCommand, of node: RedisSlotMap.Node) async throws {
    let reply = try await SentinelGroup.send(command, to: node.endpoint.port)
    if case .error(let error) = reply { throw error }
  }

  /// Waits until all nodes agree on who has which slots, and each master has its replica.
  public func waitUntilComplete() async throws {
    try await eventually(within: .seconds(60), "the cluster stands") {
      for server in servers {
        let info = try await SentinelGroup.send(["CLUSTER", "INFO"], to: server.port).text ?? ""
        let known = try await SentinelGroup.send(["CLUSTER", "SLOTS"], to: server.port)
        let map = try RedisSlotMap(
          known, asked: RedisEndpoint(host: "127.0.0.1", port: server.port))
        guard info.contains("cluster_state:ok"),
          info.contains("cluster_known_nodes:\(servers.count)"), map.uncoveredSlots == 0,
          map.ranges.allSatisfy({ $0.replicas.count == 1 })
        else { return false }
      }
      for server in servers {
        let info =
          try await SentinelGroup.send(["INFO", "replication"], to: server.port).text ?? ""
        guard info.contains("state=online") || info.contains("master_link_status:up") else {
          return false
        }
      }
      return true
    }
  }

  fileprivate func join() async throws {
    let slots = RedisSlot.count
    var ids: [String] = []
    for (index, server) in servers.enumerated() {
      func order(_ command: RedisCommand) async throws {
        let reply = try await SentinelGroup.send(command, to: server.port)
        if case .error(let error) = reply { throw error }
      }
      try await order(["CLUSTER", "SET-CONFIG-EPOCH", .integer(index + 1)])
      if index < 3 {
        let range = (index * slots / 3)...((index + 1) * slots / 3 - 1)
        try await order([
          "CLUSTER", "ADDSLOTSRANGE", .integer(range.lowerBound), .integer(range.upperBound),
        ])
      }
      if index > 0 {
        try await order([
          "CLUSTER", "MEET", "127.0.0.1", .integer(servers[0].port),
          .integer(servers[0].server.busPort),
        ])
      }
      ids.append(try await SentinelGroup.send(["CLUSTER", "MYID"], to: server.port).text ?? "")
    }
    for index in 3..<servers.count {
      try await eventually(within: .seconds(30), "a replica knows its master") {
        let reply = try await SentinelGroup.send(
          ["CLUSTER", "REPLICATE", .string(ids[index - 3])], to: servers[index].port)
        return reply == .status("OK")
      }
    }
    try await waitUntilComplete()
  }
}

/// Runs `body` with a cluster of three masters and three replicas.
///
/// - Parameter needsAllSlots: whether no node answers while some slots have none.
public func withCluster(
  needsAllSlots: Bool = true, _ body: @Sendable (ClusterGroup) async throws -> Void
) async throws {
  try checkThatServersMayStart()
  try await withTemporaryFolder("cluster") { folder in
    var servers: [ServerController<ClusterServer>] = []
    do {
      for number in 0..<6 {
        let plain = RedisServer(folder: "\(folder)/redis-\(number)", port: try LoopbackPort.free())
        let server = ServerController(
          ClusterServer(
            plain: plain, busPort: try LoopbackPort.free(), needsAllSlots: needsAllSlots))
        try await server.start()
        servers.append(server)
      }
      let group = ClusterGroup(servers: servers)
      try await group.join()
      try await body(group)
    } catch {
      for server in servers { await server.kill() }
      throw error
    }
    for server in servers { await server.kill() }
  }
}

/// A node of a Redis Cluster.
public struct ClusterServer: LocalServer {
  let plain: RedisServer
  /// Where the nodes talk to each other.
  let busPort: Int
  let needsAllSlots: Bool

  public var name: String { plain.name }
  public var folder: String { plain.folder }
  public var port: Int { plain.port }
  public var portFlag: String? { nil }
  public var url: String { plain.url }

  public func prepare() async throws -> ServerCommand {
    var command = try plain.prepare()
    command.arguments += [
      "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
      "--cluster-node-timeout", "2000", "--cluster-port", "\(busPort)",
      "--repl-diskless-sync-delay", "0",
      "--cluster-require-full-coverage", needsAllSlots ? "yes" : "no",
    ]
    return command
  }

  public func isReady() async throws -> Bool { try await plain.isReady() }
}
