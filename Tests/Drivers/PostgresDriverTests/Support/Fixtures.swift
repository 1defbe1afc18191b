import Logging
import PostgresDriver
import ProgressBusTesting

let testLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func connect(
  _ url: String, statementTimeout: Duration = .seconds(20)
) async throws -> PostgresConnection {
  try await PostgresConnection.connect(
    PostgresConfiguration(url: url, statementTimeout: statementTimeout), logger: testLogger)
}

/// Runs `body` with a connection to an empty database.
func withConnection(
  _ body: @Sendable (PostgresConnection) async throws -> Void
) async throws {
  try await withPostgresDatabase { url in
    let connection = try await connect(url)
    try await body(connection)
    await connection.close()
  }
}
