import FoundationEssentials
import LocalStack

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
