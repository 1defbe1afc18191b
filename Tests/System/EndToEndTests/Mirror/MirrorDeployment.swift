import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

/// Redis, a migrated database, and processes of ProgressBus that mirror to a server of the test's choice.
struct MirrorDeployment: Sendable {
  let folder: String
  let databaseURL: String
  let pool: PostgresPool
  let transport: CurlTransport
  /// What every process is told.
  let environment: [String: String]

  /// A process; `withServer` runs it.
  func server(
    roles: String = "ingest,worker,dashboard", _ more: [String: String] = [:]
  ) throws -> ServerController<ServerUnderTest> {
    ServerController(
      ServerUnderTest(
        folder: "\(folder)/process-\(UUID().uuidString)", port: try LoopbackPort.free(),
        roles: roles, environment: environment.merging(more) { _, given in given }))
  }

  /// Runs a command to its end.
  func run(
    _ arguments: String..., environment more: [String: String] = [:]
  ) async throws -> (status: Int, output: String) {
    try await run(arguments, environment: more)
  }

  func run(
    _ arguments: [String], environment more: [String: String] = [:]
  ) async throws -> (status: Int, output: String) {
    let outcome = try await ProgressBusCommand.run(
      arguments, environment: environment.merging(more) { _, given in given }, folder: folder,
      withinSeconds: 600)
    return (outcome.status, outcome.output + outcome.errors)
  }

  /// Rows that BigQuery takes as they are.
  func insertMetrics(_ count: Int, prefix: String = "m") async throws {
    try await pool.query(
      """
      insert into agent_metrics (id, session_id, agent_name, action)
      select $1 || number, 's', 'tutor', 'answer' from generate_series(1, $2::integer) as number
      """, [.text(prefix), .integer(Int64(count))])
  }

  func number(_ sql: String) async throws -> Int {
    try await pool.query("select (\(sql)) as number").first?.value("number") ?? 0
  }

  /// Sends an event.
  func post(_ event: String, to server: ServerUnderTest) async throws {
    let response = try await transport.send(
      TransportRequest(
        .post, server.url + "/student-progress", headers: [.contentType: "application/json"],
        body: Array(event.utf8)))
    try #require(
      response.status == 202, "\(String(decoding: response.body, as: UTF8.self)) for \(event)")
  }

  /// Asks the mirror's API for something, and returns the status of its answer.
  func ask(_ method: HTTPRequest.Method, _ path: String, of server: ServerUnderTest) async throws
    -> Int
  {
    try await transport.send(
      TransportRequest(method, "\(server.url)/api/bq-sync/\(path)", timeout: .seconds(180))
    ).status
  }

  func get<Answer: Decodable>(
    _ type: Answer.Type, _ path: String, of server: ServerUnderTest
  ) async throws -> Answer {
    let response = try await transport.send(TransportRequest(.get, server.url + path))
    try #require(
      response.status == 200, "\(String(decoding: response.body, as: UTF8.self)) for \(path)")
    return try JSONDecoder().decode(type, from: Data(response.body))
  }

  /// The text of `/metrics`.
  func metrics(of server: ServerUnderTest) async throws -> String {
    let response = try await transport.send(TransportRequest(.get, server.url + "/metrics"))
    try #require(response.status == 200)
    return String(decoding: response.body, as: UTF8.self)
  }

  /// The totals of the status; the figures of each row and of the totals are checked.
  func totals(of server: ServerUnderTest) async throws -> MirrorFigures {
    let status = try await get(MirrorStatusAnswer.self, "/api/bq-sync/status", of: server)
    for figures in status.tables + [status.totals] {
      #expect(figures.enqueued == figures.synced + figures.pending + figures.failed)
    }
    #expect(status.totals == status.tables.reduce(.zero, +))
    return status.totals
  }
}

struct MirrorStatusAnswer: Decodable {
  let enabled: Bool
  let tables: [MirrorFigures]
  let totals: MirrorFigures
}

struct MirrorFigures: Decodable, Equatable {
  let enqueued: Int
  let synced: Int
  let pending: Int
  let failed: Int

  static let zero = MirrorFigures(enqueued: 0, synced: 0, pending: 0, failed: 0)

  static func + (left: MirrorFigures, right: MirrorFigures) -> MirrorFigures {
    MirrorFigures(
      enqueued: left.enqueued + right.enqueued, synced: left.synced + right.synced,
      pending: left.pending + right.pending, failed: left.failed + right.failed)
  }
}

/// Runs `body` with servers of its own; BigQuery is at `bigQueryURL`.
func withMirrorDeployment(
  bigQueryURL: String, dataset: String = "warehouse", _ more: [String: String] = [:],
  _ body: @Sendable (MirrorDeployment) async throws -> Void
) async throws {
  try await withRedis { redis in
    try await withPostgresDatabase { database in
      try await withTemporaryFolder("mirror") { folder in
        let sql = ProjectFolder.path + "/sql"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = PostgresConfiguration(url: database)
        try await Migrations.apply(directory: sql, to: configuration, logger: logger)
        let deployment = MirrorDeployment(
          folder: folder, databaseURL: database,
          pool: PostgresPool(configuration, logger: logger),
          transport: CurlTransport(),
          environment: [
            "REDIS_URL": redis.url, "DATABASE_URL": database, "PROGRESSBUS_SQL_DIRECTORY": sql,
            "PROGRESSBUS_WORKER_SINKS": "postgres", "BQ_SYNC_ENABLED": "true",
            "BQ_SYNC_PROJECT_ID": "test", "BQ_SYNC_DATASET_ID": dataset,
            "BQ_SYNC_INTERVAL_SECONDS": "1", "BIGQUERY_EMULATOR_HOST": bigQueryURL,
            "PSEUDONYMIZATION_SALT": "pepper",
          ].merging(more) { _, given in given })
        do {
          try await body(deployment)
        } catch {
          await deployment.transport.shutdown()
          await deployment.pool.close()
          throw error
        }
        await deployment.transport.shutdown()
        await deployment.pool.close()
      }
    }
  }
}
