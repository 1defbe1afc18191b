import FoundationEssentials
public import LocalStack

/// Runs `body` with a fresh Redis of its own.
public func withRedis<Result: Sendable>(
  _ body: @Sendable (ServerController<RedisServer>) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder("redis") { folder in
    try await withServer(
      ServerController(RedisServer(folder: folder, port: try LoopbackPort.free())), body)
  }
}

/// Runs `body` with a fresh PostgreSQL of its own, which it may stop and kill. Tests that only need an
/// empty database are faster with `withPostgresDatabase`.
///
/// - Parameter programs: the folder of another version's programs.
public func withPostgres<Result: Sendable>(
  programs: String? = nil,
  _ body: @Sendable (ServerController<PostgresServer>) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder("postgres") { folder in
    let server = try PostgresServer(
      folder: folder, port: LoopbackPort.free(), durability: .throwAway, programs: programs)
    return try await withServer(ServerController(server), body)
  }
}

/// Runs `body` with a fresh InfluxDB 1.x of its own.
public func withInfluxDB<Result: Sendable>(
  _ body: @Sendable (ServerController<InfluxServer>) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder("influxdb") { folder in
    try await withServer(
      ServerController(InfluxServer(folder: folder, port: try LoopbackPort.free())), body)
  }
}

/// Runs `body` with a fresh VictoriaMetrics of its own.
public func withVictoriaMetrics<Result: Sendable>(
  _ body: @Sendable (ServerController<VictoriaMetricsServer>) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder("victoria-metrics") { folder in
    try await withServer(
      ServerController(VictoriaMetricsServer(folder: folder, port: try LoopbackPort.free())), body)
  }
}

/// Runs `body` with any server, which is stopped afterwards.
public func withServer<Server: LocalServer, Result: Sendable>(
  _ controller: ServerController<Server>,
  _ body: @Sendable (ServerController<Server>) async throws -> Result
) async throws -> Result {
  try checkThatServersMayStart()
  try await controller.start()
  do {
    let result = try await body(controller)
    await controller.kill()
    return result
  } catch {
    await controller.kill()
    throw error
  }
}

/// A suite without the tag `.servers` started one in `scripts/test-fast`.
struct UntaggedServer: Error, CustomStringConvertible {
  let description = "this test starts a server: its suite must have the tag .servers"
}

/// Keeps the fast run fast, and its list of suites, which are those without a tag, true.
///
/// - Throws: `UntaggedServer` in `scripts/test-fast`.
func checkThatServersMayStart() throws {
  if ProcessInfo.processInfo.environment["PROGRESSBUS_TESTS_WITHOUT_SERVERS"] != nil {
    throw UntaggedServer()
  }
}
