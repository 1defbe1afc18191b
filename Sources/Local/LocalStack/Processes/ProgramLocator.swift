import FoundationEssentials

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
