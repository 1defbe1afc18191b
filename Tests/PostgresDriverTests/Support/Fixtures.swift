import Logging
import PostgresDriver

let testLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func connectForTest(
  _ url: String, statementTimeout: Duration = .seconds(20)
) async throws -> PostgresConnection {
  try await PostgresConnection.connect(
    PostgresConfiguration(url: url, statementTimeout: statementTimeout), logger: testLogger)
}

/// Runs `body` with a server of its own.
func withServer<Value: Sendable>(
  _ body: @Sendable (TestServer) async throws -> Value
) async throws -> Value {
  let server = try TestServer()
  do {
    try await server.start()
    let value = try await body(server)
    await server.remove()
    return value
  } catch {
    await server.remove()
    throw error
  }
}

func withConnection(
  _ body: @Sendable (PostgresConnection) async throws -> Void
) async throws {
  try await withServer { server in
    let connection = try await connectForTest(server.url)
    try await body(connection)
    await connection.close()
  }
}
