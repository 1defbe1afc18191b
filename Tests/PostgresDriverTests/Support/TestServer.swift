import Foundation
import PostgresDriver

/// A private PostgreSQL server on a Unix socket, gone with `stop()`.
actor TestServer {
  nonisolated let folder: String
  nonisolated let url: String
  private var process: Process?

  private static let binaries = "/usr/lib/postgresql/15/bin"

  init() throws {
    folder = "/tmp/pg-\(UUID().uuidString.prefix(8))"
    url = "postgresql://postgres@localhost/postgres?host=\(folder)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if getuid() == 0 { try Self.run("/bin/chown", ["postgres", folder]) }
    try Self.run(
      "\(Self.binaries)/initdb",
      ["-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
        "--locale=C.UTF-8"], asServer: true)
  }

  /// Starts the server and waits until it answers.
  func start() async throws {
    let process = Self.makeProcess(
      "\(Self.binaries)/postgres",
      ["-D", "\(folder)/data", "-k", folder, "-h", "", "-F", "-c", "max_connections=50"],
      asServer: true)
    try process.run()
    self.process = process
    try await eventually { try await self.answers() }
  }

  /// A fast shutdown: sessions are ended at once.
  func stop() {
    guard let process else { return }
    kill(process.processIdentifier, SIGCONT)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    self.process = nil
  }

  func remove() {
    stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Stops or continues one session's process, as if the server hung.
  nonisolated func signal(_ processID: Int, _ signal: Int32) {
    kill(pid_t(processID), signal)
  }

  private func answers() async throws -> Bool {
    do {
      let connection = try await connectForTest(url)
      await connection.close()
      return true
    } catch let error as PostgresError where error.isTransient {
      return false
    }
  }

  private static func makeProcess(
    _ path: String, _ arguments: [String], asServer: Bool
  ) -> Process {
    let process = Process()
    if asServer, getuid() == 0 {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments =
        ["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig", "KILL", path]
        + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private static func run(_ path: String, _ arguments: [String], asServer: Bool = false) throws {
    let process = makeProcess(path, arguments, asServer: asServer)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw PostgresError(.connectionFailed, "\(path) ended with \(process.terminationStatus)")
    }
  }
}

/// Polls until `condition` holds; fails after 20 s.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      throw PostgresError(.timedOut, "the condition never held")
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
