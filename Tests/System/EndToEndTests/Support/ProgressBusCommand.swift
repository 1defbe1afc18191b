import Foundation
import ProgressBusTesting
import Subprocess
import SystemPackage

/// What a command printed and how it ended.
struct CommandOutcome: CustomStringConvertible {
  /// The exit code, or -1 when a signal ended it.
  let status: Int
  let output: String
  let errors: String

  fileprivate init(_ termination: TerminationStatus, output: String, errors: String) {
    status = if case .exited(let code) = termination { Int(code) } else { -1 }
    self.output = output
    self.errors = errors
  }

  var description: String { "status \(status)\n\(output)\(errors)" }
  var outputLines: [Substring] { output.split(separator: "\n") }
  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// Runs `progressbus` to its end. One that does not end by itself is killed (status 124).
enum ProgressBusCommand {
  static func run(
    _ arguments: [String], environment: [String: String] = [:], folder: String,
    withinSeconds deadline: Int = 60
  ) async throws -> CommandOutcome {
    let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    let outcome = try await Subprocess.run(
      .path("/usr/bin/timeout"),
      arguments: Arguments(
        ["--kill-after=1", "\(deadline)", try BuiltProducts.path(of: "progressbus")] + arguments),
      environment: .inherit.updating(Dictionary(uniqueKeysWithValues: added)),
      workingDirectory: FilePath(folder), output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20))
    return CommandOutcome(
      outcome.terminationStatus, output: outcome.standardOutput, errors: outcome.standardError)
  }
}

/// A line as a user pastes it into a shell.
enum ShellLine {
  static func run(_ line: String) async throws -> CommandOutcome {
    let outcome = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", line], output: .string(limit: 16 << 20),
      error: .string(limit: 1 << 20))
    return CommandOutcome(
      outcome.terminationStatus, output: outcome.standardOutput, errors: outcome.standardError)
  }
}
