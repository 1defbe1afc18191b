import Foundation
import LocalStack
import ProgressBusTesting
import Synchronization
import Testing

/// Private servers and the `progressbus` processes that use them.
final class Deployment: Sendable {
  let redis: ServerController<RedisServer>
  let postgres: ServerController<PostgresServer>
  let influx: ServerController<InfluxServer>
  let folder: String
  private let started = Mutex<[ProgressBusProcess]>([])

  init(
    redis: ServerController<RedisServer>, postgres: ServerController<PostgresServer>,
    influx: ServerController<InfluxServer>, folder: String
  ) {
    self.redis = redis
    self.postgres = postgres
    self.influx = influx
    self.folder = folder
  }

  var environment: [String: String] {
    [
      "REDIS_URL": redis.url, "DATABASE_URL": postgres.url, "INFLUXDB_URL": influx.url,
      "INFLUXDB_DATABASE": influx.database,
    ]
  }

  var processes: [ProgressBusProcess] { started.withLock { $0 } }

  /// What all processes have printed.
  var logs: String {
    get throws { try processes.map { try $0.log }.joined() }
  }

  /// Starts `serve` and waits until it is ready.
  func serve(
    _ roles: String, settings: [String] = [], environment more: [String: String] = [:],
    readyWithin check: Bool = true
  ) async throws -> ProgressBusProcess {
    let port = try LoopbackPort.free()
    let process = try await ProgressBusProcess.start(
      ["serve", "--roles", roles, "--http-port", "\(port)"]
        + settings.flatMap { ["--set", $0] },
      environment: environment.merging(more) { $1 }, folder: folder,
      label: "serve-\(processes.count)", port: port)
    started.withLock { $0.append(process) }
    if check { try await process.waitUntilReady() }
    return process
  }

  /// Runs a command to its end against the same servers.
  func run(_ arguments: String...) async throws -> CommandOutcome {
    try await ProgressBusCommand.run(arguments, environment: environment, folder: folder)
  }

  func stop() async {
    for process in processes where await process.process.exit == nil {
      await process.process.stop()
    }
  }
}

/// Runs `body` with empty, migrated servers of its own. When it fails, the end of each log is part of
/// the failure.
func withDeployment(_ body: @escaping @Sendable (Deployment) async throws -> Void) async throws {
  try await withTemporaryFolder("deployment") { folder in
    try await withRedis { redis in
      // Durable, so that a crash costs nothing that it has committed.
      let server = try PostgresServer(
        folder: "\(folder)/postgres", port: LoopbackPort.free(), durability: .durable)
      try await withServer(ServerController(server)) { postgres in
        try await withInfluxDB { influx in
          let deployment = Deployment(
            redis: redis, postgres: postgres, influx: influx, folder: folder)
          do {
            let migration = try await deployment.run("migrate")
            try #require(migration.status == 0, "\(migration)")
            try await body(deployment)
          } catch {
            for process in deployment.processes {
              let lines = (try? process.log)?.split(separator: "\n").suffix(12) ?? []
              Issue.record("\(process.logPath):\n\(lines.joined(separator: "\n"))")
            }
            await deployment.stop()
            throw error
          }
          await deployment.stop()
        }
      }
    }
  }
}
