import FoundationEssentials
import LocalStack
import Subprocess
import SystemPackage

/// Folders for tests, all below one that a janitor process removes when this process ends, even when
/// it is killed.
public actor TestFolders {
  public static let shared = TestFolders()

  private var root: Task<String, any Error>?
  private var count = 0

  /// An empty folder of its own for one test.
  public func make(_ label: String) async throws -> String {
    let root = try await rootFolder()
    count += 1
    let folder = "\(root)/\(label)-\(count)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private func rootFolder() async throws -> String {
    if let root { return try await root.value }
    // Not below the home folder of root, where the account of PostgreSQL could not reach it.
    let task = Task { try await ThrowAwayFolder.make(below: "/tmp") }
    root = task
    return try await task.value
  }
}

/// Runs `body` with an empty folder that is removed afterwards.
public func withTemporaryFolder<Result: Sendable>(
  _ label: String = "folder", _ body: @Sendable (String) async throws -> Result
) async throws -> Result {
  let folder = try await TestFolders.shared.make(label)
  do {
    let result = try await body(folder)
    try FileRemoval.remove(folder)
    return result
  } catch {
    try FileRemoval.remove(folder)
    throw error
  }
}

/// A folder that is gone when this process ends, however it ends.
public enum ThrowAwayFolder {
  /// The janitor waits for the end of a pipe that only this process can write to, then removes the
  /// folder; servers may still be writing their last words there, so it tries for a while.
  private static let janitor = """
    trap '' INT QUIT HUP TERM
    while read -r _; do :; done
    tries=300
    while [ "$tries" -gt 0 ] && ! rm -rf -- "$1"; do
      sleep 0.1
      tries=$((tries - 1))
    done
    """

  /// - Parameter parent: an absolute path of a folder that exists.
  /// - Throws: `LocalStackError.fileFailed` or `.programFailed`.
  public static func make(below parent: String) async throws -> String {
    let name = String(UInt64.random(in: .min ... .max), radix: 36)
    let path = "\(parent)/progressbus-\(name)"
    do {
      // Others may pass through (the account of PostgreSQL does), not look inside.
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    } catch {
      throw LocalStackError.fileFailed(path: path, reason: "cannot make the folder: \(error)")
    }
    try await startJanitor(of: path)
    return path
  }

  private static func startJanitor(of path: String) async throws {
    let (started, announce) = AsyncThrowingStream.makeStream(of: Void.self)
    Task {
      do {
        var options = PlatformOptions()
        options.createSession = true
        _ = try await Subprocess.run(
          .path("/bin/sh"), arguments: ["-c", janitor, "janitor", path], workingDirectory: "/",
          platformOptions: options, input: .inputWriter, output: .sequence, error: .discarded
        ) { execution in
          announce.finish()
          // The janitor prints nothing: its pipe stays open for as long as this process lives.
          for try await _ in execution.standardOutput {}
        }
      } catch {
        announce.finish(throwing: error)
      }
    }
    for try await _ in started {}
  }
}
