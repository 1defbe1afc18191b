import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// Commands that end by themselves.
  @Suite struct CommandTests {
    @Test func migrationsAreAppliedOnceWhenSeveralStartTogether() async throws {
      try await withPostgres { postgres in
        try await withTemporaryFolder { folder in
          let outcomes = try await withThrowingTaskGroup(of: CommandOutcome.self) { group in
            for _ in 0..<3 {
              group.addTask {
                try await ProgressBusCommand.run(
                  ["migrate"], environment: ["DATABASE_URL": postgres.url], folder: folder)
              }
            }
            return try await group.reduce(into: []) { $0.append($1) }
          }
          #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
          let applied = outcomes.flatMap(\.outputLines).filter { $0.hasPrefix("applied ") }
          #expect(applied.count >= 2)
          #expect(Set(applied).count == applied.count)
          let again = try await ProgressBusCommand.run(
            ["migrate"], environment: ["DATABASE_URL": postgres.url], folder: folder)
          #expect(again.output == "nothing to do\n")
        }
      }
    }

    @Test func checkConfigHidesSecrets() async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["check-config"],
          environment: [
            "REDIS_URL": "redis://:hush-redis@127.0.0.1:6379",
            "DATABASE_URL": "postgresql://u:hush-postgres@127.0.0.1/db",
            "INFLUXDB_URL": "http://127.0.0.1:8086", "INFLUXDB_TOKEN": "hush-influx",
            "INFLUXDB_ORG": "school", "INFLUXDB_BUCKET": "progress",
          ], folder: folder)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(!outcome.description.contains("hush"))
        #expect(outcome.output.contains("redis.url: (secret)"))
        #expect(outcome.output.contains("influxdb.org: school"))
        #expect(outcome.output.contains("INFLUXDB_ORG"))
        #expect(outcome.output.contains("http.port: 8080  # default"))
      }
    }

    @Test func checkConfigSaysWhetherReplicasConfirmEnough() async throws {
      try await withTemporaryFolder { folder in
        try await withReplicas(2) { servers in
          func check(_ replicas: Int, _ url: String) async throws -> String {
            let outcome = try await ProgressBusCommand.run(
              ["check-config", "--set", "bus.confirmed_replicas=\(replicas)"],
              environment: Self.servers.merging(["REDIS_URL": url]) { $1 }, folder: folder)
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.errors
          }
          #expect(try await check(0, servers[0].url) == "")
          #expect(try await check(1, servers[0].url).contains("there are 2 replicas"))
          #expect(try await check(2, servers[0].url) == "")
          #expect(try await check(3, servers[0].url).contains("no event is taken"))
          let closed = try LoopbackPort.free()
          #expect(
            try await check(1, "redis://127.0.0.1:\(closed)").contains("Redis cannot be asked"))
        }
      }
    }

    @Test func theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() async throws {
      try await withTemporaryFolder { folder in
        try write("http:\n  port: 1001\nlog:\n  level: error\n", to: folder)
        let outcome = try await ProgressBusCommand.run(
          ["check-config", "--http-port", "3003"],
          environment: Self.servers.merging(
            ["PROGRESSBUS_HTTP_PORT": "2002", "PROGRESSBUS_LOG_FORMAT": "json"]) { $1 },
          folder: folder)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.outputLines.contains { $0.hasPrefix("http.port: 3003") })
        #expect(outcome.outputLines.contains { $0.hasPrefix("log.level: error") })
        #expect(outcome.outputLines.contains { $0.hasPrefix("log.format: json") })
      }
    }

    @Test(arguments: [
      (file: "redis:\n  ulr: x\n", variable: "", value: "", name: "redis.ulr"),
      (file: "http:\n  port: many\n", variable: "", value: "", name: "http.port"),
      (file: "", variable: "PROGRESSBUS_HTTP_PROT", value: "1", name: "PROGRESSBUS_HTTP_PROT"),
      (file: "", variable: "PROGRESSBUS_HTTP_PORT", value: "99999", name: "PROGRESSBUS_HTTP_PORT"),
      (file: "", variable: "REDIS_URL", value: "http://nowhere", name: "REDIS_URL"),
      (file: "", variable: "DATABASE_URL", value: "", name: "DATABASE_URL"),
      (
        file: "", variable: "PROGRESSBUS_HTTP_HOST", value: "0.0.0.0",
        name: "PROGRESSBUS_HTTP_HOST"
      ),
    ])
    func aWrongSettingStopsTheStartAndIsNamed(
      file: String, variable: String, value: String, name: String
    ) async throws {
      try await withTemporaryFolder { folder in
        if !file.isEmpty { try write(file, to: folder) }
        var environment = Self.servers
        if !variable.isEmpty { environment[variable] = value }
        let outcome = try await ProgressBusCommand.run(
          ["serve"],
          environment: environment, folder: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains(name), "\(outcome)")
      }
    }

    @Test func theSchemaOfAnEventIsPrinted() async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["schema", "cell_executed"], folder: folder)
        #expect(outcome.status == 0)
        let schema = try #require(
          JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect((schema["required"] as? [String])?.contains("student_id") == true)
        let unknown = try await ProgressBusCommand.run(["schema", "no_such"], folder: folder)
        #expect(unknown.status != 0)
        #expect(unknown.errors.contains("no_such"))
        #expect(unknown.errors.contains("cell_executed"))
      }
    }

    @Test func deadLettersSayThatTheBusIsAway() async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["dead-letters", "list"], environment: ["REDIS_URL": "redis://127.0.0.1:1"],
          folder: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains("127.0.0.1:1"))
      }
    }

    private static let servers = [
      "REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/db",
      "INFLUXDB_URL": "http://127.0.0.1:1", "INFLUXDB_DATABASE": "db",
    ]

    private func write(_ yaml: String, to folder: String) throws {
      try yaml.write(toFile: "\(folder)/progressbus.yaml", atomically: true, encoding: .utf8)
    }
  }
}
