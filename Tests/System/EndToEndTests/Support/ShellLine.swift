import Foundation
import Subprocess
import SystemPackage

/// A line as a user pastes it into a shell.
enum ShellLine {
  static func run(_ line: String) async throws -> CommandOutcome {
    let outcome = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", line], output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    let status: Int =
      if case .exited(let code) = outcome.terminationStatus { Int(code) } else { -1 }
    return CommandOutcome(
      status: status, output: outcome.standardOutput, errors: outcome.standardError)
  }
}
