import PostgresDriver
import PostgresSink
import ProgressBusTesting
import Testing

/// Through a real pgbouncer in transaction mode.
@Suite(.tags(.servers)) struct PooledSinkTests {
  @Test func severalSinksStoreThroughTwoSessionsWhatOneStoresDirectly() async throws {
    let events = ShuffledEventsTests.day(events: 3000, students: 20, seed: 11)
    try await withStore { direct in
      try await direct.write(events)
      try await withPostgresDatabase { url in
        // It migrates by the server itself.
        try await withStore(url: url) { looking in
          try await withPgBouncer(to: url) { pooled in
            var configuration = PostgresConfiguration(url: pooled)
            configuration.pooling = .transaction
            let sinks = (0..<2).map { _ in
              PostgresSink(configuration, lanes: 2, logger: testLogger)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
              for (index, start) in stride(from: 0, to: events.count, by: 500).enumerated() {
                let batch = try events[start..<start + 500].map { try $0.entry() }
                let sink = sinks[index % sinks.count]
                group.addTask {
                  try await sink.check()
                  // Twice, as after a crash.
                  for _ in 0..<2 {
                    try await eventually("a batch is stored") {
                      (try? await sink.write(batch)) == []
                    }
                  }
                }
              }
              try await group.waitForAll()
            }
            for sink in sinks { await sink.close() }
          }
          #expect(try await looking.row("select count(*) from progress_events") == "3000")
          let expected = try await direct.summary()
          let summary = try await looking.summary()
          #expect(summary == expected)
        }
      }
    }
  }
}
