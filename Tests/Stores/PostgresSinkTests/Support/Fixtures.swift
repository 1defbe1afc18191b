import EventBus
import Foundation
import Logging
import PostgresDriver
import PostgresSink
import ProgressBusTesting
import WorkerRuntime

let testLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

let migrationsFolder = "\(ProjectFolder.path)/sql"

/// A sink on a migrated database, and a way to look into it.
struct Store: Sendable {
  let sink: PostgresSink
  let database: PostgresConnection

  @discardableResult
  func write(_ events: [TestEvent]) async throws -> [Refusal] {
    try await sink.write(events.map { try $0.entry() })
  }

  /// The only row of a query, each value as text, `-` for NULL.
  func row(_ sql: String) async throws -> String {
    try await rows(sql).joined(separator: "\n")
  }

  func rows(_ sql: String) async throws -> [String] {
    let result = try await database.query(sql)
    return try result.rows.map { row in
      try result.columns.map { try row.optional($0, as: String.self) ?? "-" }
        .joined(separator: " | ")
    }
  }

  /// Everything that is derived from the events, in a fixed order.
  func summary() async throws -> [String] {
    try await rows("select student_id, student_name from students order by 1")
      + rows("select to_jsonb(t)::text as a from courses t order by 1")
      + rows("select to_jsonb(t)::text as a from notebooks t order by 1")
      + rows("select to_jsonb(t)::text as a from enrollments t order by 1")
      + rows(
        """
        select (to_jsonb(t) || jsonb_build_object(
          'total_duration_ms', round(total_duration_ms::numeric, 3)))::text as a
        from cell_progress t order by 1
        """)
  }
}

func withStore(
  statementTimeout: Duration = .seconds(20), url: String, lanes: Int = 2,
  _ body: @Sendable (Store) async throws -> Void
) async throws {
  let configuration = PostgresConfiguration(
    url: url, connectTimeout: .seconds(60), statementTimeout: statementTimeout)
  try await Migrations.apply(
    directory: migrationsFolder, to: PostgresConfiguration(url: url), logger: testLogger)
  let store = Store(
    sink: PostgresSink(configuration, lanes: lanes, logger: testLogger),
    database: try await PostgresConnection.connect(
      PostgresConfiguration(url: url, settings: ["TimeZone": "UTC"]), logger: testLogger))
  try await body(store)
  await store.sink.close()
  await store.database.close()
}

func withStore(
  lanes: Int = 2, _ body: @Sendable (Store) async throws -> Void
) async throws {
  try await withPostgresDatabase { url in try await withStore(url: url, lanes: lanes, body) }
}
