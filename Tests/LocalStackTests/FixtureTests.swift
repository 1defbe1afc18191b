import LocalStack
import ProgressBusTesting
import Testing

@Suite struct FixtureTests {
  @Test func redisStarts() async throws {
    try await withRedis { server in
      #expect(await server.processIdentifier != nil)
    }
  }
  @Test func influxStarts() async throws {
    try await withInfluxDB { server in #expect(server.database == "progressbus") }
  }
  @Test func victoriaMetricsStarts() async throws {
    try await withVictoriaMetrics { server in #expect(server.url.hasPrefix("http")) }
  }
  @Test func postgresStarts() async throws {
    try await withPostgres { server in
      try await #expect(server.server.run("SELECT 40 + 2") == "42")
    }
  }
  @Test func databases() async throws {
    try await withPostgresDatabase { url in #expect(url.hasSuffix("test_1")) }
  }
}
