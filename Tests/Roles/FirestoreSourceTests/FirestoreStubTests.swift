import CurlTransport
import EventBus
import Events
import Firestore
import Foundation
import GoogleCalls
import Logging
import NIOCore
import NIOPosix
import Observability
import PostgresDriver
import ProgressBusTesting
import Sessions
import Testing

@testable import FirestoreSource

/// The source on a stub of Firestore. Google's emulator, where it is, has tests of its own in `EndToEndTests`.
@Suite(.tags(.servers)) struct FirestoreStubTests {
  private static func fields(_ endTime: String?) -> [String: SessionValue] {
    var fields: [String: SessionValue] = [
      "status": .map(["stringValue": .string("completed")]),
      "exerciseType": .map(["stringValue": .string("squat")]),
      "startTime": .map(["timestampValue": .string("2026-03-01T10:00:00Z")]),
    ]
    fields["endTime"] = endTime.map { .map(["timestampValue": .string($0)]) }
    return fields
  }

  @Test func everyCompletionIsFoundOnceWhateverItsTime() async throws {
    try await withSource { source in
      for number in 0..<7 {
        // Three of one time, two without, one in the future; pages hold two.
        source.stub["users/u\(number)/sessions/s"] = Self.fields(
          number < 3
            ? "2026-03-01T10:05:00Z"
            : number < 5 ? nil : number == 5 ? "2026-03-01T10:04:59.5Z" : "2099-01-01T00:00:00Z")
      }
      source.stub["apps/a/users/u/sessions/s"] = Self.fields("2026-03-01T10:05:00Z")
      source.stub["users/active/sessions/s"] = ["status": .map(["stringValue": .string("active")])]
      try await source.reader.look()
      // The future is refused: an event must not be far ahead of the clock.
      #expect(try await source.users() == (0..<6).map { "u\($0)" })
      #expect(source.stub["users/u6/sessions/s"]?["bigquerySyncStatus"] == Self.string("failed"))
      #expect(source.stub.paths(below: "bigquerySyncFailures").count == 1)

      // A late one within the overlap, and one that the position passed long ago.
      source.stub["users/late/sessions/s"] = Self.fields("2026-03-01T10:04:00Z")
      source.stub["users/later/sessions/s"] = Self.fields("2026-02-01T10:04:00Z")
      try await source.pool.query(
        "update firestore_sources set read_until = '2026-03-01T10:05:00Z'")
      try await source.reader.look()
      #expect(try await source.users() == ["late"] + (0..<6).map { "u\($0)" })
      try await source.pool.query(
        "update firestore_sources set passed_at = now() - interval '1 day'")
      try await source.reader.look()
      #expect(try await source.users() == ["late", "later"] + (0..<6).map { "u\($0)" })

      // Another process waits its turn.
      let other = source.anotherReader()
      source.stub["users/new/sessions/s"] = Self.fields("2026-03-01T10:06:00Z")
      try await source.pool.query(
        "update firestore_sources set read_until = '2026-03-01T10:05:00Z'")
      try await other.look()
      #expect(try await source.users().count == 8)
      try await source.reader.store.release()
      try await other.look()
      #expect(try await source.users().count == 9)
      try await Self.requireDescribed(source.server.requests)
    }
  }

  @Test func outcomesAreToldToDocumentsThatAreThere() async throws {
    try await withSource { source in
      for user in ["kept", "gone", "bad"] {
        source.stub["users/\(user)/sessions/s"] = Self.fields("2026-03-01T10:05:00Z")
      }
      try await source.reader.look()
      try await source.store()
      try await source.reporter.store.start()
      try await source.settle(
        "kept", "synced_to_bq = true, synced_at = now(), sync_status = 'synced'")
      try await source.settle("gone", "sync_status = 'synced', synced_at = now()")
      try await source.settle(
        "bad", "sync_status = 'failed', sync_error = 'invalid: x', sync_retry_count = 1")
      source.stub["users/gone/sessions/s"] = nil
      #expect(try await source.reporter.tellBatch() == false)
      #expect(source.stub["users/kept/sessions/s"]?["bigquerySyncStatus"] == Self.string("synced"))
      #expect(source.stub["users/gone/sessions/s"] == nil)
      #expect(
        source.stub["users/bad/sessions/s"]?["bigquerySyncError"] == Self.string("invalid: x"))
      let record = try #require(source.stub.paths(below: "bigquerySyncFailures").first)
        .dropFirst(FirestoreStub.root.count + 1)
      #expect(source.stub[String(record)]?["status"] == Self.string("pending"))

      // A failure of a session that is gone leaves no record.
      try await source.settle(
        "gone", "sync_status = 'failed', sync_error = 'x', sync_retry_count = 1")
      try await source.settle("bad", "sync_status = 'synced', sync_error = null, synced_at = now()")
      _ = try await source.reporter.tellBatch()
      #expect(source.stub[String(record)]?["status"] == Self.string("resolved"))
      #expect(source.stub[String(record)]?["failureReason"] == Self.string("invalid: x"))
      #expect(source.stub.paths(below: "bigquerySyncFailures").count == 1)
      #expect(source.stub["users/gone/sessions/s"] == nil)

      // Firestore is away: it is told later, and what changed meanwhile with it.
      source.server.answerNext(
        .json(403, #"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no"}}"#))
      try await source.settle(
        "kept", "sync_status = 'failed', sync_error = 'y', sync_retry_count = 2")
      await #expect(throws: SessionStoreError.self) { try await source.reporter.tellBatch() }
      #expect(try await source.reporter.store.isPostponed())
      #expect(try await source.reporter.tellBatch() == false, "nothing is due")
      #expect(source.stub["users/kept/sessions/s"]?["bigquerySyncStatus"] == Self.string("synced"))
      try await source.pool.query("update firestore_outcomes set ready_at = now()")
      _ = try await source.reporter.tellBatch()
      #expect(source.stub["users/kept/sessions/s"]?["bigquerySyncError"] == Self.string("y"))
      #expect(try await !source.reporter.store.isPostponed())

      // What is told comes back as documents that are known.
      let published = try await source.users().count
      try await source.pool.query("update firestore_sources set passed_at = null")
      try await source.reader.look()
      #expect(try await source.users().count == published)
      try await Self.requireDescribed(source.server.requests)
    }
  }

  @Test func aDocumentThatCannotBeReadKeepsNoOtherFromBeingFound() async throws {
    try await withSource(Self.configuration { $0.pageSize = 4 }) { source in
      for number in 0..<9 {
        source.stub["users/u\(number)/sessions/s"] = Self.fields(
          number == 7 ? nil : "2026-03-01T10:05:00Z")
      }
      for number in [2, 7] {
        source.stub["users/u\(number)/sessions/s"]?["formFeedback"] = .map([
          "mapValue": .map(["fields": .map(["x": .map(["newValue": .integer(1)])])])
        ])
      }
      try await source.reader.look()
      #expect(try await source.users() == [0, 1, 3, 4, 5, 6, 8].map { "u\($0)" })
      for number in [2, 7] {
        let document = source.stub["users/u\(number)/sessions/s"]
        #expect(document?["bigquerySyncStatus"] == Self.string("failed"))
        let error = document?["bigquerySyncError"]?["stringValue"]?.text ?? ""
        #expect(error.contains("/formFeedback/x") && error.contains("newValue"), "\(error)")
      }
      #expect(source.stub.paths(below: "bigquerySyncFailures").count == 2)
      // Once is enough; and put right, it is an event.
      source.stub["users/u2/sessions/s"]?["formFeedback"] = nil
      try await source.reader.look()
      #expect(try await source.users().count == 8)
    }
  }

  @Test func aPageThatIsTooLargeIsReadInHalves() async throws {
    let configuration = Self.configuration {
      $0.pageSize = 64
      $0.pageBytes = 40_000
    }
    try await withSource(configuration) { source in
      for number in 0..<20 {
        source.stub["users/u\(number)/sessions/s"] = Self.fields("2026-03-01T10:05:00Z")
        source.stub["users/u\(number)/sessions/s"]?["platform"] = Self.string("x")
        source.stub["users/u\(number)/sessions/s"]?["cameraSettings"] = .map([
          "mapValue": .map([
            "fields": .map(["resolution": Self.string(String(repeating: "x", count: 9_000))])
          ])
        ])
      }
      try await source.reader.look()
      // Each is refused for its resolution, which no other had to wait for.
      #expect(source.stub.paths(below: "bigquerySyncFailures").count == 20)
    }
  }

  @Test func whatIsCompletedDuringALongPassDoesNotWaitForItsEnd() async throws {
    try await withSource(Self.configuration { $0.pollInterval = .zero }) { source in
      for number in 0..<8 { source.stub["users/u\(number)/sessions/s"] = Self.fields(nil) }
      // The first look for new ones, and two pages of the pass; it stands before where the pass is.
      source.stub.afterQuery(3) { $0["users/a/sessions/s"] = Self.fields("2026-03-01T10:05:00Z") }
      source.stub.afterQuery(5) { stub in
        // The next after it, and the pass is not over.
        #expect(stub["users/a/sessions/s"] != nil)
      }
      try await source.reader.look()
      let users = try await source.users()
      #expect(users.count == 9 && users.contains("a"))
      // It was published before the last of the pass.
      let order = try await source.usersInOrder()
      #expect(order.firstIndex(of: "a")! < order.firstIndex(of: "u7")!)
    }
  }

  @Test func anOutageLosesNothing() async throws {
    try await withSource { source in
      for number in 0..<5 {
        source.stub["users/u\(number)/sessions/s"] = Self.fields("2026-03-01T10:05:00Z")
      }
      let unavailable = FaultAnswer.json(
        503, #"{"error":{"code":503,"status":"UNAVAILABLE","message":"no"}}"#)
      let exhausted = FaultAnswer.json(
        429, #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota"}}"#)
      // A page, then an outage that outlasts the tries of one call, then too many calls.
      source.stub.afterQuery(1) { _ in
        source.server.answerNext(
          unavailable, unavailable, unavailable, unavailable, unavailable)
      }
      await #expect(throws: GoogleCallError.self) { try await source.reader.look() }
      source.server.answerNext(exhausted)
      try await source.reader.look()
      #expect(try await source.users() == (0..<5).map { "u\($0)" })
    }
  }

  private static func string(_ text: String) -> SessionValue {
    .map(["stringValue": .string(text)])
  }

  // MARK: A source

  private struct Source: Sendable {
    let stub: FirestoreStub
    let server: FaultServer
    let pool: PostgresPool
    let bus: MemoryEventBus
    let reader: CompletionReader
    let reporter: SessionReporter

    func anotherReader() -> CompletionReader {
      CompletionReader(
        configuration: reader.configuration, rules: reader.rules, database: reader.database,
        store: SourceStore(pool: pool, database: reader.store.database, holder: UUID()),
        publisher: reader.publisher, reporter: reporter, metrics: reader.metrics,
        logger: reader.logger)
    }

    private func events() async throws -> [String] {
      try await bus.entries(after: .zero, limit: 1000).map { String(buffer: $0.payload) }
    }

    /// The users of the events on the bus; one that is there twice is named twice.
    func users() async throws -> [String] {
      try await events().compactMap { $0.firstMatch(of: /"userId":"([^"]*)"/).map { String($0.1) } }
        .sorted()
    }

    func usersInOrder() async throws -> [String] {
      try await events().compactMap { $0.firstMatch(of: /"userId":"([^"]*)"/).map { String($0.1) } }
    }

    /// Stores the events, as a worker does.
    func store() async throws {
      try await pool.query(
        "select store_training_sessions($1::json)",
        [.text("[\(try await events().joined(separator: ","))]")])
    }

    func settle(_ user: String, _ assignments: String) async throws {
      try await pool.query(
        "update training_sessions set \(assignments) where user_id = $1", [.text(user)])
    }
  }

  private static func configuration(
    _ change: (inout FirestoreSourceConfiguration) -> Void = { _ in }
  ) -> FirestoreSourceConfiguration {
    var configuration = FirestoreSourceConfiguration()
    configuration.pageSize = 2
    configuration.lease = .seconds(3600)
    change(&configuration)
    return configuration
  }

  private func withSource(
    _ configuration: FirestoreSourceConfiguration = Self.configuration(),
    _ body: @Sendable (Source) async throws -> Void
  ) async throws {
    let stub = FirestoreStub()
    let script: FaultServer.Script = { stub.answer($0) }
    try await withFaultServer(otherwise: script) { server in
      try await withPostgresDatabase { url in
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await Migrations.apply(
          directory: "\(ProjectFolder.path)/sql", to: PostgresConfiguration(url: url),
          logger: logger)
        let pool = PostgresPool(PostgresConfiguration(url: url), size: 20, logger: logger)
        let transport = CurlTransport()
        let bus = MemoryEventBus(eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let source = Self.source(configuration, stub, server, pool, bus, transport, logger)
        do {
          try await body(source)
          await transport.shutdown()
          await pool.close()
        } catch {
          await transport.shutdown()
          await pool.close()
          throw error
        }
      }
    }
  }

  private static func source(
    _ configuration: FirestoreSourceConfiguration, _ stub: FirestoreStub, _ server: FaultServer,
    _ pool: PostgresPool, _ bus: MemoryEventBus,
    _ transport: CurlTransport, _ logger: Logger
  ) -> Source {
    let database = FirestoreDatabase(
      client: GoogleClient(baseURL: server.url, transport: transport, authorization: nil),
      project: "p")
    let metrics = FirestoreSourceMetrics(MetricsRegistry())
    let reporter = SessionReporter(
      configuration: configuration, database: database, store: OutcomeStore(pool: pool),
      metrics: metrics, logger: logger)
    let reader = CompletionReader(
      configuration: configuration, rules: CompletionRules(), database: database,
      store: SourceStore(pool: pool, database: SampleDocuments.database, holder: UUID()),
      publisher: CompletedSessionPublisher(
        publisher: bus,
        decoder: CatalogHandPublishedDecoder(
          catalog: .standard, limits: EventLimits(), keepsWork: false)),
      reporter: reporter, metrics: metrics, logger: logger)
    return Source(
      stub: stub, server: server, pool: pool, bus: bus, reader: reader, reporter: reporter)
  }

  /// - Throws: `Python.Failure` with what Google's description of Firestore does not know.
  private static func requireDescribed(_ requests: [RecordedRequest]) async throws {
    struct Described: Encodable {
      let method: String
      let path: String
      let body: String
    }
    let lines = try requests.map {
      String(
        decoding: try JSONEncoder().encode(
          Described(method: $0.method, path: $0.target, body: $0.text)), as: UTF8.self)
    }
    let counts = try JSONDecoder().decode(
      [String: Int].self,
      from: Data(
        try await Python.run(
          Python.firestoreClients(), "validate_requests.py", [],
          input: lines.joined(separator: "\n")
        ).utf8))
    #expect(
      counts.keys.sorted() == [
        "firestore.projects.databases.documents.commit",
        "firestore.projects.databases.documents.runQuery",
      ])
  }
}
