import FoundationEssentials
import Glibc
import ProgressBusTesting
import Subprocess
import SystemPackage
import Testing

@testable import LocalStack

/// What is left when the process that started the servers is killed with SIGKILL.
@Suite(.tags(.servers)) struct KilledParentTests {
  private struct Host {
    var processes: [Int32]
    var throwAway: String
  }

  /// Starts the host program, waits until its servers run, and kills it.
  private func startAndKill(in state: String) async throws -> Host {
    let outcome = try await Subprocess.run(
      .path(FilePath(BuiltProducts.path(of: "LocalStackHost"))), arguments: [state],
      input: .none, output: .sequence, error: .currentStandardError
    ) { execution in
      var lines: [String] = []
      for try await line in execution.standardOutput.strings() {
        lines.append(line.trimmed)
        if lines.last == "ready" { break }
      }
      for process in lines.compactMap(Int32.init) { #expect(isProcessAlive(process)) }
      try execution.send(signal: .kill)
      return Host(
        processes: lines.compactMap(Int32.init),
        throwAway: try #require(lines.first { $0.hasPrefix("/") }))
    }
    #expect(outcome.terminationStatus == .signaled(SIGKILL))
    return outcome.closureResult
  }

  @Test func leavesNoProcessAndNoThrowAwayFolder() async throws {
    try await withTemporaryFolder { state in
      let host = try await startAndKill(in: state)
      #expect(host.processes.count == 3)
      try await eventually(within: .seconds(30), "the end of all servers") {
        host.processes.allSatisfy { !isProcessAlive($0) }
      }
      try await eventually(within: .seconds(30), "the removal of \(host.throwAway)") {
        !FileManager.default.fileExists(atPath: host.throwAway)
      }
      // What is no throw-away is kept.
      #expect(FileManager.default.fileExists(atPath: "\(state)/redis/appendonlydir"))
      #expect(FileManager.default.fileExists(atPath: "\(state)/postgres/data/PG_VERSION"))
    }
  }

  @Test func theNextStartWaitsForTheServersThatAreStillEnding() async throws {
    try await withTemporaryFolder { state in
      let first = try await startAndKill(in: state)
      let second = try await startAndKill(in: state)
      #expect(Set(first.processes).isDisjoint(with: second.processes))
      try await eventually(within: .seconds(30), "the end of all servers") {
        second.processes.allSatisfy { !isProcessAlive($0) }
      }
    }
  }

  @Test func aKilledWatchdogTakesItsServerAlong() async throws {
    try await withRedis { server in
      let process = try #require(await server.processIdentifier)
      let watchdog = try #require(ProcessTree.parent(of: process))
      #expect(Glibc.kill(watchdog, SIGKILL) == 0)
      try await eventually("the end of Redis") { !isProcessAlive(process) }
    }
  }

  @Test func serversAreOutOfReachOfTheTerminal() async throws {
    try await withRedis { server in
      let process = try #require(await server.processIdentifier)
      let watchdog = try #require(ProcessTree.parent(of: process))
      #expect(Set([getsid(0), getsid(process), getsid(watchdog)]).count == 3)
    }
  }
}
