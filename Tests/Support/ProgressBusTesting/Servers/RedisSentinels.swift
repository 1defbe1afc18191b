import Foundation
public import LocalStack
import NIOCore
import NIOPosix
public import RedisDriver

/// A master, two replicas and three Sentinels, which take a silent master for dead after a second.
public struct SentinelGroup: Sendable {
  public static let masterName = "school"

  /// The first is the master to begin with.
  public let servers: [ServerController<ReplicatedServer>]
  public let sentinels: [ServerController<SentinelServer>]

  public var url: String {
    let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    return "redis+sentinel://\(hosts)/\(Self.masterName)"
  }

  /// What the Sentinels ask for; nil where they ask for nothing.
  public let password: String?

  /// Sends a command to a Sentinel, on a connection of its own.
  public func ask(_ sentinel: ServerController<SentinelServer>, _ command: RedisCommand)
    async throws
    -> RedisReply
  {
    try await Self.send(command, to: sentinel.port, password: password)
  }

  /// Sends a command to the server of a port, on a connection of its own.
  public static func send(
    _ command: RedisCommand, to port: Int, password: String? = nil
  ) async throws -> RedisReply {
    let address = RedisAddress(endpoint: .tcp(host: "127.0.0.1", port: port), password: password)
    let connection = try await RedisConnection.connect(
      to: address, on: MultiThreadedEventLoopGroup.singleton.any(), options: .patient
    ).get()
    defer { connection.close() }
    return try await connection.send(command).get()
  }

  /// The port of the master; nil while the Sentinels do not agree.
  public func master() async throws -> Int? {
    var ports: Set<String> = []
    for sentinel in sentinels {
      let reply = try await ask(
        sentinel, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(Self.masterName)])
      ports.insert(reply.array?.last?.text ?? "")
    }
    return ports.count == 1 ? ports.first.flatMap { Int($0) } : nil
  }

  /// The names of the bus's connections to the server of a port.
  public static func busConnections(of port: Int) async throws -> [Substring] {
    let clients = try await send(["CLIENT", "LIST"], to: port).text ?? ""
    return clients.matches(of: /name=(progressbus-\S+)/).map(\.1)
  }

  /// The payloads in the journal of the server at a port.
  public static func journal(of port: Int) async throws -> [String] {
    let entries = try await send(["XRANGE", "progress-events:journal", "-", "+"], to: port).array
    return (entries ?? []).compactMap { $0.array?.last?.array?.last?.text }
  }

  /// Waits until everybody knows everybody, so that a failover can be had.
  fileprivate func waitUntilComplete() async throws {
    for sentinel in sentinels {
      try await eventually(within: .seconds(30), "a Sentinel knows the others") {
        let name = RedisCommand.Argument.string(Self.masterName)
        let replicas = try await ask(sentinel, ["SENTINEL", "REPLICAS", name]).array
        let others = try await ask(sentinel, ["SENTINEL", "SENTINELS", name]).array
        return replicas?.count == 2 && others?.count == 2
      }
    }
  }
}

/// Runs `body` with a master and its replicas, which follow it; the first is the master.
public func withReplicas(
  _ replicas: Int,
  _ body: @Sendable ([ServerController<ReplicatedServer>]) async throws -> Void
) async throws {
  try checkThatServersMayStart()
  try await withTemporaryFolder("replicas") { folder in
    let master = try LoopbackPort.free()
    var servers: [ServerController<ReplicatedServer>] = []
    do {
      for number in 0...replicas {
        let port = number == 0 ? master : try LoopbackPort.free()
        let plain = RedisServer(folder: "\(folder)/redis-\(number)", port: port)
        let server = ServerController(
          ReplicatedServer(plain: plain, master: number == 0 ? nil : master))
        try await server.start()
        servers.append(server)
      }
      try await eventually(within: .seconds(30), "the replicas follow") {
        let info = try await SentinelGroup.send(["INFO", "replication"], to: master).text ?? ""
        return info.components(separatedBy: "state=online").count == replicas + 1
      }
      try await body(servers)
    } catch {
      for server in servers { await server.kill() }
      throw error
    }
    for server in servers { await server.kill() }
  }
}

/// Runs `body` with a master, two replicas and their Sentinels.
///
/// - Parameter password: what the Sentinels ask for.
public func withSentinels(
  password: String? = nil, _ body: @Sendable (SentinelGroup) async throws -> Void
) async throws {
  try await withReplicas(2) { servers in
    try await withTemporaryFolder("sentinels") { folder in
      var sentinels: [ServerController<SentinelServer>] = []
      do {
        for number in 0..<3 {
          let sentinel = ServerController(
            SentinelServer(
              folder: "\(folder)/sentinel-\(number)", port: try LoopbackPort.free(),
              master: servers[0].port, password: password))
          try await sentinel.start()
          sentinels.append(sentinel)
        }
        let group = SentinelGroup(servers: servers, sentinels: sentinels, password: password)
        try await group.waitUntilComplete()
        try await body(group)
      } catch {
        for sentinel in sentinels { await sentinel.kill() }
        throw error
      }
      for sentinel in sentinels { await sentinel.kill() }
    }
  }
}

/// A Redis that may be a replica.
public struct ReplicatedServer: LocalServer {
  let plain: RedisServer
  /// The master's port; nil for the master.
  let master: Int?

  public var name: String { plain.name }
  public var folder: String { plain.folder }
  public var port: Int { plain.port }
  public var portFlag: String? { nil }
  public var url: String { plain.url }

  public func prepare() async throws -> ServerCommand {
    var command = try plain.prepare()
    command.arguments += ["--repl-diskless-sync-delay", "0"]
    if let master { command.arguments += ["--replicaof", "127.0.0.1", "\(master)"] }
    return command
  }

  public func isReady() async throws -> Bool { try await plain.isReady() }
}

/// A Redis Sentinel.
public struct SentinelServer: LocalServer {
  public let folder: String
  public let port: Int
  let master: Int
  /// Nil to ask for nothing.
  let password: String?

  public init(folder: String, port: Int, master: Int, password: String?) {
    self.folder = folder
    self.port = port
    self.master = master
    self.password = password
  }

  public let name = "Sentinel"
  public var portFlag: String? { nil }
  public var url: String { "redis://127.0.0.1:\(port)" }

  public func prepare() async throws -> ServerCommand {
    let name = SentinelGroup.masterName
    // They log in to each other as well.
    let login = password.map { "requirepass \($0)\nsentinel sentinel-pass \($0)" } ?? ""
    // It writes down in its file what it learns.
    let path = "\(folder)/sentinel.conf"
    try """
    port \(port)
    bind 127.0.0.1
    dir \(folder)
    sentinel monitor \(name) 127.0.0.1 \(master) 2
    sentinel down-after-milliseconds \(name) 1000
    sentinel failover-timeout \(name) 10000
    sentinel parallel-syncs \(name) 2
    \(login)

    """.write(toFile: path, atomically: true, encoding: .utf8)
    return ServerCommand(
      program: try ProgramLocator.find("redis-server", package: "redis-server"),
      arguments: [path, "--sentinel"])
  }

  public func isReady() async throws -> Bool {
    _ = try await SentinelGroup.send(["PING"], to: port, password: password)
    return true
  }
}
