/// A private Redis that keeps its data in an append-only file, synced every second.
public struct RedisServer: LocalServer {
  public let name = "Redis"
  public let folder: String
  public let port: Int
  public let portFlag: String?

  public init(folder: String, port: Int, portFlag: String? = nil) {
    self.folder = folder
    self.port = port
    self.portFlag = portFlag
  }

  public var url: String { "redis://127.0.0.1:\(port)" }

  public func prepare() throws -> ServerCommand {
    ServerCommand(
      program: try ProgramLocator.find("redis-server", package: "redis-server"),
      arguments: [
        "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder,
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
        // The journal must never lose an entry to memory pressure.
        "--maxmemory-policy", "noeviction",
        // A subscriber may lag by a burst of events; the defaults (32 MB, 8 MB for a minute) cut it
        // off (redis.conf, client-output-buffer-limit).
        "--client-output-buffer-limit", "pubsub", "128mb", "64mb", "60",
        "--tcp-backlog", "511", "--daemonize", "no",
      ])
  }

  public func isReady() async throws -> Bool {
    // "-LOADING …" until the append-only file is read.
    try await LoopbackClient.exchange(port: port, request: "PING\r\n", enough: 7) == "+PONG\r\n"
  }
}
