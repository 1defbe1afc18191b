import Foundation
public import LocalStack

/// A pgbouncer in transaction mode in front of a PostgreSQL, with so few sessions that whoever uses it gets
/// other people's.
public struct PgBouncerServer: LocalServer {
  public let name = "pgbouncer"
  public let folder: String
  public let port: Int
  public let portFlag: String? = nil
  /// Like that of PostgreSQL, but for the port.
  public let url: String
  private let target: URLComponents
  private let sessions: Int

  /// - Parameters:
  ///   - target: the PostgreSQL's URL, with user, password and port.
  ///   - sessions: the most in one database.
  public init(folder: String, port: Int, target: String, sessions: Int) throws {
    var components = try URLComponents(string: target).orThrow("no URL")
    self.target = components
    self.folder = folder
    self.port = port
    self.sessions = sessions
    components.port = port
    url = try components.string.orThrow("no URL")
  }

  public func prepare() async throws -> ServerCommand {
    let path = "\(folder)/pgbouncer.ini"
    try settings().write(toFile: path, atomically: true, encoding: .utf8)
    let program = try ProgramLocator.find("pgbouncer", package: "pgbouncer")
    // It refuses to run as root, and reads its file before it becomes somebody else.
    let account = geteuid() == 0 ? ["-u", "postgres"] : []
    return ServerCommand(program: program, arguments: account + [path], stopSignal: .interrupt)
  }

  public func isReady() async throws -> Bool { !LoopbackPort.isFree(port) }

  private func settings() throws -> String {
    let user = try target.user.orThrow("no user")
    let password = try target.password.orThrow("no password")
    let server = try target.port.orThrow("no port")
    return """
      [databases]
      * = host=127.0.0.1 port=\(server) user=\(user) password=\(password)
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = \(port)
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      default_pool_size = \(sessions)
      max_client_conn = 200
      """
  }
}

/// Runs `body` with the URL of a pgbouncer in transaction mode before an empty database, and that of the
/// database itself.
public func withPooledDatabase<Result: Sendable>(
  sessions: Int = 2, _ body: @Sendable (_ pooled: String, _ direct: String) async throws -> Result
) async throws -> Result {
  try await withPostgresDatabase { direct in
    try await withPgBouncer(to: direct, sessions: sessions) { pooled in
      try await body(pooled, direct)
    }
  }
}

/// Runs `body` with the URL of a pgbouncer in transaction mode before a database.
public func withPgBouncer<Result: Sendable>(
  to url: String, sessions: Int = 2, _ body: @Sendable (String) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder("pgbouncer") { folder in
    let server = try PgBouncerServer(
      folder: folder, port: LoopbackPort.free(), target: url, sessions: sessions)
    return try await withServer(ServerController(server)) { try await body($0.url) }
  }
}

extension Optional {
  fileprivate func orThrow(_ problem: String) throws -> Wrapped {
    guard let self else { throw ConformanceFailure(description: "a URL of PostgreSQL: \(problem)") }
    return self
  }
}
