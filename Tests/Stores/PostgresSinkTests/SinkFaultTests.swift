import EventBus
import Events
import Foundation
import LocalStack
import NIOCore
import PostgresDriver
import PostgresSink
import ProgressBusTesting
import SeededRandom
import Testing
import WorkerRuntime

@Suite(.tags(.servers)) struct SinkFaultTests {
  /// Text that PostgreSQL cannot make smaller: an index takes rows of 2,704 bytes, after it has tried.
  @Test func theLongestKeysThatTheCatalogAllowsAreStored() async throws {
    try await withStore { store in
      var random = SeededGenerator(seed: 3)
      func text(_ limit: FieldType) throws -> TestEvent.Value {
        guard case .string(_, let length, let bytes) = limit else {
          throw PostgresError(.invalidResult, "no text")
        }
        let count = bytes.map { min($0 / 4, length) } ?? length
        let scalars = (0..<count).compactMap { _ in
          Unicode.Scalar(UInt32.random(in: 0x1_0000...0x10_FFFF, using: &random))
        }
        return .text(String(String.UnicodeScalarView(scalars)))
      }
      let kind = try #require(EventCatalog.standard["cell_executed"])
      var longest = TestEvent.run(at: 1)
      for field in kind.fields {
        guard ["course_id", "student_id", "notebook_path", "cell_id"].contains(field.name) else {
          continue
        }
        longest.fields[field.name] = try text(field.type)
      }
      #expect(try await store.write([longest]) == [])
      var help = longest
      help.fields["event_type"] = "help"
      help.fields["event_id"] = .text(UUID().uuidString.lowercased())
      help.eventType = "help"
      #expect(try await store.write([help]) == [])
      #expect(
        try await store.row(
          """
          select octet_length(student_id) as student, octet_length(course_id) as course,
            octet_length(notebook_path) as notebook, octet_length(cell) as cell
          from cell_progress
          """) == "512 | 512 | 1024 | 512")
    }
  }

  @Test func unknownKindsAreRefusedAndTheRestIsStored() async throws {
    try await withStore { store in
      var strange = TestEvent("notebook_opened", at: 1)
      strange.eventType = "teleported"
      let refusals = try await store.write([
        TestEvent("notebook_opened", at: 1), strange, TestEvent("notebook_saved", at: 2),
      ])
      #expect(refusals == [Refusal(index: 1, reason: "no event kind is called \"teleported\"")])
      #expect(try await store.row("select count(*) from progress_events") == "2")
    }
  }

  @Test(
    arguments: [
      (["cell_index": 9_999_999_999], "22003"), (["cell_index": -1], "23514"),
      (["event_id": "alice@example.org"], "22P02"), (["occurred_at": "alice@example.org"], "22007"),
      (["error_message": "alice@example.org\u{0}"], "22P05"),
    ] as [([String: TestEvent.Value], String)])
  func refusedDataIsNamedWithoutItsValues(
    fields: [String: TestEvent.Value], sqlState: String
  ) async throws {
    try await withStore { store in
      let good = TestEvent("notebook_opened", at: 1)
      do {
        try await store.write([good, TestEvent.run(at: 1), TestEvent(at: 2, fields)])
        Issue.record("it was stored")
      } catch SinkError.refused(let reason) {
        #expect(reason.hasPrefix("PostgreSQL \(sqlState): "))
        #expect(!reason.contains("alice"))
      }
      #expect(try await store.row("select count(*) from progress_events") == "0")
      try await store.write([good])
      #expect(try await store.row("select count(*) from progress_events") == "1")
    }
  }

  @Test func aMissingSchemaCondemnsNoEvent() async throws {
    try await withPostgresDatabase { url in
      let sink = PostgresSink(PostgresConfiguration(url: url), logger: testLogger)
      await expectUnavailable { try await sink.write([try TestEvent(at: 1).entry()]) }
      await sink.close()
    }
  }

  @Test func aStoppedServerIsUnavailableUntilItIsBack() async throws {
    try await withPostgres { server in
      try await withStore(url: server.url) { store in
        try await store.sink.check()
        let events = (0..<10).map { TestEvent.run(at: $0) }
        let entries = try events.map { try $0.entry() }
        _ = try await store.sink.write(Array(entries[..<5]))
        await server.stop()
        await expectUnavailable { try await store.sink.write(entries) }
        await expectUnavailable {
          try await store.sink.check()
          return []
        }
        try await server.start()
        #expect(try await store.sink.write(entries) == [])
        let look = try await PostgresConnection.connect(
          PostgresConfiguration(url: server.url), logger: testLogger)
        #expect(try await look.query("select from progress_events").rowCount == 10)
        await look.close()
      }
    }
  }

  @Test func aHungServerIsUnavailableInTime() async throws {
    try await withPostgres { server in
      try await withStore(statementTimeout: .seconds(1), url: server.url) { store in
        try await store.write([TestEvent.run(at: 0)])
        await server.pause()
        let event = TestEvent.run(at: 1)
        let entry = try event.entry()
        let error = await #expect(throws: SinkError.self) { try await store.sink.write([entry]) }
        #expect(error == .outOfTime("PostgreSQL: the server did not answer in time"))
        await server.resume()
        try await eventually("the sink is back") {
          try await store.sink.write([entry]) == []
        }
        #expect(try await store.row("select count(*) from progress_events") == "2")
        #expect(try await store.row("select executions from cell_progress") == "2")
      }
    }
  }

  @Test(
    arguments: [("statement_timeout", "57014"), ("lock_timeout", "55P03")])
  func aLimitOfTimeIsNoVerdictOnTheData(setting: String, sqlState: String) async throws {
    try await withPostgresDatabase { url in
      try await Migrations.apply(
        directory: migrationsFolder, to: PostgresConfiguration(url: url), logger: testLogger)
      let sink = PostgresSink(
        PostgresConfiguration(url: url, settings: [setting: "100ms"]), logger: testLogger)
      let entry = try TestEvent.run(at: 1).entry()
      let other = try await PostgresConnection.connect(
        PostgresConfiguration(url: url), logger: testLogger)
      try await other.executeScript("begin; lock table progress_events")
      let error = await #expect(throws: SinkError.self) { try await sink.write([entry]) }
      if case .outOfTime? = error {} else { Issue.record("\(String(describing: error))") }
      #expect(error?.reason.hasPrefix("PostgreSQL \(sqlState)") == true)
      await other.close()
      try await eventually("it is stored") { try await sink.write([entry]) == [] }
      await sink.close()
    }
  }

  private func expectUnavailable(_ body: () async throws -> [Refusal]) async {
    do {
      _ = try await body()
      Issue.record("the server should be unavailable")
    } catch SinkError.unavailable {
    } catch {
      Issue.record("unexpected: \(error)")
    }
  }
}
