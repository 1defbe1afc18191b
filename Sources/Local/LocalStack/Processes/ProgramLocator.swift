import FoundationEssentials
import Subprocess
import SystemPackage

/// Finds the programs of servers. Debian keeps some outside the PATH of ordinary users.
public enum ProgramLocator {
  /// The absolute path of an executable file.
  /// - Parameters:
  ///   - package: the Debian package that holds it, for the error.
  ///   - folders: looked into after PATH.
  ///   - path: instead of this process' PATH.
  /// - Throws: `LocalStackError.missingProgram`.
  public static func find(
    _ name: String, package: String, alsoIn folders: [String] = [],
    path: String? = nil
  ) throws -> String {
    let searched =
      (path ?? ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
        String.init) + folders
      + ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin"]
    for folder in searched {
      let candidate = "\(folder)/\(name)"
      var isFolder = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder
      else { continue }
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    throw LocalStackError.missingProgram(name: name, package: package)
  }

  /// Debian's folders of PostgreSQL's programs, the newest version first.
  static func postgresFolders(below root: String = "/usr/lib/postgresql") -> [String] {
    guard let versions = try? FileManager.default.contentsOfDirectory(atPath: root) else {
      return []
    }
    return versions.compactMap(Int.init).sorted(by: >).map { "\(root)/\($0)/bin" }
  }
}

/// Runs a program that prepares a server, to its end.
enum ProgramRun {
  /// - Returns: what it printed.
  /// - Throws: `LocalStackError.programFailed` with the last lines that it printed.
  @discardableResult
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    account: SystemAccount? = nil, folder: String = "/"
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

extension StringProtocol {
  /// Without the white space and newlines around it.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
