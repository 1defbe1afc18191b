import LocalStack

/// One PostgreSQL for all tests of this process that only need an empty database. It is started at
/// first use and ends with the process.
actor SharedPostgres {
  static let shared = SharedPostgres()

  private var starting: Task<PostgresServer, any Error>?
  // Keeps the server's process referenced.
  private var controller: ServerController<PostgresServer>?
  private var count = 0

  func server() async throws -> PostgresServer {
    try checkThatServersMayStart()
    if let starting { return try await starting.value }
    let task = Task { () async throws -> PostgresServer in
      let server = try PostgresServer(
        folder: await TestFolders.shared.make("shared-postgres"), port: LoopbackPort.free(),
        durability: .throwAway)
      let controller = ServerController(server)
      try await controller.start()
      self.controller = controller
      return server
    }
    starting = task
    return try await task.value
  }

  func nextDatabase() -> String {
    count += 1
    return "test_\(count)"
  }
}

/// Runs `body` with the URL of an empty database on a PostgreSQL that all tests of this process share.
public func withPostgresDatabase<Result: Sendable>(
  _ body: @Sendable (String) async throws -> Result
) async throws -> Result {
  let server = try await SharedPostgres.shared.server()
  let database = await SharedPostgres.shared.nextDatabase()
  try await server.run("CREATE DATABASE \(database)")
  do {
    let result = try await body(server.url(database: database))
    try await server.run("DROP DATABASE \(database) WITH (FORCE)")
    return result
  } catch {
    try await server.run("DROP DATABASE \(database) WITH (FORCE)")
    throw error
  }
}
