import CurlTransport
import Foundation
import Glibc
import LocalStack
import ProgressBusTesting

/// A running `progressbus` and what it has printed. It cannot outlive the test's process.
struct ProgressBusProcess: Sendable {
  let process: ManagedProcess
  let logPath: String
  /// Where it listens, or would.
  let port: Int

  var identifier: Int32 { process.processIdentifier }
  var url: String { "http://127.0.0.1:\(port)" }

  /// Everything that it printed, to its standard output and error.
  var log: String {
    get throws { try String(contentsOfFile: logPath, encoding: .utf8) }
  }

  /// - Parameter folder: the working directory, where the log is kept too.
  static func start(
    _ arguments: [String], environment: [String: String], folder: String, label: String, port: Int
  ) async throws -> ProgressBusProcess {
    let logPath = "\(folder)/\(label).log"
    return ProgressBusProcess(
      process: try await .launch(
        .progressBus(arguments, environment: environment), folder: folder, logPath: logPath),
      logPath: logPath, port: port)
  }

  /// SIGKILL to this one process, as the kernel would when memory runs out.
  func kill() async {
    _ = Glibc.kill(identifier, SIGKILL)
    await process.waitForExit()
  }

  func terminate() { _ = Glibc.kill(identifier, SIGTERM) }

  /// Sends SIGTERM and waits for the end.
  /// - Returns: how it ended, and how long that took.
  func stop() async -> (exit: ProcessExit, duration: Duration) {
    let start = ContinuousClock.now
    terminate()
    let exit = await process.waitForExit()
    return (exit, ContinuousClock.now - start)
  }

  func waitUntilReady() async throws {
    try await eventually(within: .seconds(120), "\(logPath) is ready") {
      if let exit = await process.exit { throw Ended(exit: exit, log: try log) }
      return try await HTTP.shared.get("\(url)/health/ready").status == 200
    }
  }

  struct Ended: Error {
    let exit: ProcessExit
    let log: String
  }
}
