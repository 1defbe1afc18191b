import CurlTransport
import Foundation
import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// A database with the project's tables, and a mirror that sends to a server of the test's choice.
struct MirrorFixture: Sendable {
  static let salt = ElevenTables.salt

  /// What a test wants otherwise than usual.
  typealias Change = @Sendable (inout MirrorConfiguration) -> Void

  static func change(_ change: @escaping Change) -> Change { change }

  let databaseURL: String
  let pool: PostgresPool
  let transport: CurlTransport
  let controller: MirrorController

  /// Another mirror on the same database, as another process would be.
  func controller(
    _ emulatorURL: String, change: (inout MirrorConfiguration) -> Void = { _ in }
  ) -> MirrorController {
    Self.controller(pool, transport, emulatorURL, change)
  }

  static func controller(
    _ pool: PostgresPool, _ transport: CurlTransport, _ emulatorURL: String,
    _ change: (inout MirrorConfiguration) -> Void
  ) -> MirrorController {
    var configuration = MirrorConfiguration(
      projectID: "test", datasetID: "warehouse", emulatorURL: emulatorURL, salt: .text(salt),
      callTimeout: .seconds(2), lease: .seconds(5))
    change(&configuration)
    return MirrorController(
      configuration: configuration, isEnabled: true, pool: pool, transport: transport,
      environment: [:], logger: logger)
  }

  /// What the mirrors of this process have logged.
  static let log = CollectedLog()
  static let logger = Logger(label: "test") { _ in CollectingLogHandler(log: log) }

  /// Rows of the learners' statistics of an agent: small, and without a pseudonym.
  func insertMetrics(_ count: Int, prefix: String = "m") async throws {
    try await pool.query(
      """
      insert into agent_metrics (id, session_id, agent_name, action)
      select $1 || number, 's', 'tutor', 'answer' from generate_series(1, $2::integer) as number
      """, [.text(prefix), .integer(Int64(count))])
  }

  func number(_ sql: String) async throws -> Int {
    guard let row = try await pool.query("select (\(sql)) as number").first else { return 0 }
    return try row.value("number")
  }

  func text(_ sql: String) async throws -> String? {
    try await pool.query("select (\(sql))::text as text").first?.optional("text")
  }

  /// Makes every waiting row ready, as time would.
  func skipWaits() async throws {
    try await pool.query("update bq_sync_queue set ready_at = now() where ready_at > now()")
  }

  /// The figures of one table, checked against each other and against the queue itself.
  func figures(_ table: String = "agent_metrics") async throws -> MirrorStatus.Table {
    let status = try await controller.status()
    return try #require(status.tables.first { $0.sourceTable == table })
  }
}

/// Runs `body` with a database of its own and a mirror that sends to `emulatorURL`.
func withMirror<Result: Sendable>(
  _ emulatorURL: String, change: @escaping MirrorFixture.Change = { _ in },
  _ body: @Sendable (MirrorFixture) async throws -> Result
) async throws -> Result {
  try await withPostgresDatabase { url in
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try await Migrations.apply(
      directory: "\(ProjectFolder.path)/sql", to: PostgresConfiguration(url: url), logger: logger)
    let pool = PostgresPool(
      PostgresConfiguration(url: url), size: 8, waitTimeout: .seconds(30), logger: logger)
    let transport = CurlTransport()
    // As the mirror's first start does; many tests look at the queue before anything is sent.
    try await MirrorStore(pool: pool).startQueues()
    let fixture = MirrorFixture(
      databaseURL: url, pool: pool, transport: transport,
      controller: MirrorFixture.controller(pool, transport, emulatorURL, change))
    do {
      let result = try await body(fixture)
      await transport.shutdown()
      await pool.close()
      return result
    } catch {
      await transport.shutdown()
      await pool.close()
      throw error
    }
  }
}
