import FoundationEssentials
import Subprocess
import SystemPackage

/// Runs a program that prepares a server, to its end.
enum ProgramRun {
  /// - Returns: what it printed.
  /// - Throws: `LocalStackError.programFailed` with the last lines that it printed.
  @discardableResult
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    account: ServiceAccount? = nil, folder: String = "/"
  ) async throws -> String {
    var options = PlatformOptions()
    options.createSession = true
    let (executable, given) = try account?.running(program, arguments) ?? (program, arguments)
    let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    let outcome = try await Subprocess.run(
      .path(.init(executable)), arguments: Arguments(given),
      environment: .inherit.updating(Dictionary(uniqueKeysWithValues: added)),
      workingDirectory: .init(folder), platformOptions: options,
      output: .string(limit: 1 << 20), error: .combinedWithOutput)
    let output = outcome.standardOutput
    guard outcome.terminationStatus.isSuccess else {
      throw LocalStackError.programFailed(
        program: program, reason: outcome.terminationStatus.description,
        output: LogTail.summary(of: output))
    }
    return output
  }
}
