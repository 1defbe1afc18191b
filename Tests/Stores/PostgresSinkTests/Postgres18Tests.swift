import LocalStack
import PostgresDriver
import PostgresSink
import ProgressBusTesting
import Testing
import WorkerRuntime

/// The sink on PostgreSQL 18, and what it holds there, against the oldest version that is tested.
@Suite(
  .tags(.servers), .enabled(if: OtherServers.areInstalled, OtherServers.missing))
struct Postgres18Tests {
  @Test(arguments: SinkConformance.allCases)
  func keepsThePromisesOfEverySink(promise: SinkConformance) async throws {
    try await withPostgres(programs: OtherServers.postgres18) { postgres in
      try await Migrations.apply(
        directory: migrationsFolder, to: PostgresConfiguration(url: postgres.url),
        logger: testLogger)
      try await promise.check(PostgresSubject(postgres: postgres))
    }
  }

  @Test func aClassIsStoredAsInTheOldestVersion() async throws {
    let events = ShuffledEventsTests.day(events: 3000, students: 20, seed: 18)
    try await withPostgres(programs: OtherServers.postgres18) { postgres in
      #expect(try await postgres.server.run("show server_version").hasPrefix("18."))
      try await withStore(url: postgres.url) { new in
        try await withStore { old in
          for start in stride(from: 0, to: events.count, by: 500) {
            try await new.write(Array(events[start..<start + 500]))
            try await old.write(Array(events[start..<start + 500]))
          }
          let expected = try await old.summary()
          #expect(try await new.summary() == expected)
        }
      }
    }
  }
}

/// The sink as the conformance suite needs it.
struct PostgresSubject: SinkSubject {
  let postgres: ServerController<PostgresServer>

  func makeSink() -> any Sink {
    PostgresSink(
      PostgresConfiguration(url: postgres.url, connectTimeout: .seconds(60)), logger: testLogger)
  }

  func storedCounts(_ eventIDs: [String]) async throws -> [String: Int] {
    let connection = try await PostgresConnection.connect(
      PostgresConfiguration(url: postgres.url), logger: testLogger)
    let rows = try await connection.query(
      """
      select event_id::text as id, count(*) as n from progress_events
      where event_id = any($1::uuid[]) group by 1
      """, [.textArray(eventIDs)]
    ).rows
    await connection.close()
    var counts: [String: Int] = [:]
    for row in rows {
      counts[try row.value("id")] = try row.value("n", as: Int.self)
    }
    return counts
  }

  /// Its time is none.
  func refusedPayload(eventID: String) -> String {
    """
    {"event_id":"\(eventID)","event_type":"help","occurred_at":"never",\
    "received_at":"2026-11-21T10:00:00Z","course_id":"c1","student_id":"s1","notebook_path":"n.ipynb"}
    """
  }

  func stopServer() async throws { await postgres.stop() }

  func startServer() async throws { try await postgres.start() }
}
