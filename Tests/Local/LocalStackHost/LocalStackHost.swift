import Glibc
import LocalStack
import ProgressBusTesting

/// Starts a stack in the folder that the argument names, prints its processes, and waits to be killed.
/// The tests use it to see what a killed process leaves behind.
@main struct LocalStackHost {
  static func main() async throws {
    let state = try StateFolder(CommandLine.arguments[1])
    let throwAway = try await ThrowAwayFolder.make(below: "/tmp")
    let redis = ServerController(
      RedisServer(folder: state.folder(of: "redis"), port: try LoopbackPort.free()))
    let influx = ServerController(
      InfluxServer(folder: "\(throwAway)/influxdb", port: try LoopbackPort.free()))
    let postgres = ServerController(
      try PostgresServer(
        folder: state.postgresFolder().path, port: LoopbackPort.free(), durability: .throwAway))
    try await redis.start()
    try await postgres.start()
    try await influx.start()
    for process in [
      await redis.processIdentifier, await postgres.processIdentifier,
      await influx.processIdentifier,
    ].compactMap(\.self) {
      print(process)
    }
    print(throwAway)
    print("ready")
    // Standard output is a pipe here, which is not flushed by itself.
    flushStandardOutput()
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}

private func flushStandardOutput() {
  // nil flushes every stream (fflush(3)).
  fflush(nil)
}
