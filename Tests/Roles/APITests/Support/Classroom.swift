import API
import Access
import Events
import Foundation
import HTTPServer
import HTTPServerTesting
import Hummingbird
import Logging
import PostgresDriver
import ProgressBusTesting

let testLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A migrated database with the dashboard's routes before it. Its clock stands still, unless moved.
struct Classroom: Sendable {
  static let noon = Timestamp.now()
  static let descriptionFile =
    ProjectFolder.url.appendingPathComponent("Sources/Roles/API/Resources/openapi.yaml").path

  let store: PostgresConnection
  let database: ReadDatabase

  /// Stores events as a worker does.
  func store(_ events: ClassroomEvent...) async throws { try await store(events) }

  func store(_ events: [ClassroomEvent]) async throws {
    let groups = Dictionary(grouping: events) { event in
      EventCatalog.standard[event.fields["event_type"] as? String ?? ""]?.storedBy
        ?? "store_notebook_events"
    }
    for (function, events) in groups.sorted(by: { $0.key < $1.key }) {
      let json = try JSONSerialization.data(withJSONObject: events.map(\.fields))
      try await store.query(
        "select \(function)($1)", [.json(JSONDocument(String(decoding: json, as: UTF8.self)))])
    }
  }

  func routes(
    access: AccessCheck = .open, activity: (any ActivitySource)? = nil, position: String? = "7-0",
    caching: ReadCaching = .disabled, minutesLater minutes: Int = 0,
    at moment: Timestamp = noon
  ) throws -> Router<CallerRequestContext> {
    let now = Timestamp(microseconds: moment.microseconds + Int64(minutes) * 60_000_000)
    let base = Router(context: CallerRequestContext.self)
    base.add(middleware: ProblemMiddleware())
    let router = AccessRouter(base, check: access)
    let reading = try ReadRoutes(
      database: database, descriptionFile: Self.descriptionFile, position: { position },
      activity: activity, caching: caching, now: { now },
      logger: testLogger
    )
    reading.add(to: router.requiring(.reading))
    reading.addDescription(to: router.requiring(.open))
    return try router.checked()
  }

  /// Asks the routes; fails unless they answer with JSON.
  func get(
    _ path: String, minutesLater minutes: Int = 0, activity: (any ActivitySource)? = nil
  ) async throws -> Answer {
    let routes = try routes(activity: activity, minutesLater: minutes)
    return try await withRouter(routes) { try Answer(try await $0.get(path)) }
  }
}

func withClassroom(_ body: @Sendable (Classroom) async throws -> Void) async throws {
  try await withPostgresDatabase { url in
    let configuration = PostgresConfiguration(url: url)
    try await Migrations.apply(
      directory: ProjectFolder.url.appendingPathComponent("sql").path, to: configuration,
      logger: testLogger)
    let classroom = Classroom(
      store: try await PostgresConnection.connect(configuration, logger: testLogger),
      database: ReadDatabase(configuration, size: 2, logger: testLogger))
    do {
      try await body(classroom)
      await classroom.close()
    } catch {
      await classroom.close()
      throw error
    }
  }
}

extension Classroom {
  fileprivate func close() async {
    await database.close()
    await store.close()
  }
}
