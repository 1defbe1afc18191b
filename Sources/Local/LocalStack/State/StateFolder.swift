import FoundationEssentials
import Glibc
import SystemPackage

/// The folder that holds the data of a stack. One process at a time uses it.
public final class StateFolder: Sendable {
  /// Absolute.
  public let path: String
  private let lock: FileDescriptor

  /// Makes the folder if it is not there, and locks it until `close()` or the end of this process.
  /// - Parameter path: relative paths start at the working directory.
  /// - Throws: `LocalStackError.folderInUse` or `.fileFailed`.
  public init(_ path: String) throws {
    let absolute =
      FilePath(path).isAbsolute
      ? FilePath(path) : FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(path))
    self.path = absolute.lexicallyNormalized().string
    do {
      // Other accounts may pass through (PostgreSQL's does), not look inside.
      try FileManager.default.createDirectory(
        atPath: self.path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o711])
    } catch {
      throw LocalStackError.fileFailed(path: self.path, reason: "cannot make the folder: \(error)")
    }
    let lockPath = "\(self.path)/lock"
    do {
      lock = try FileDescriptor.open(
        FilePath(lockPath), .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite])
    } catch {
      throw LocalStackError.fileFailed(path: lockPath, reason: "\(error)")
    }
    guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      try? lock.close()
      throw reason == EWOULDBLOCK
        ? LocalStackError.folderInUse(folder: self.path)
        : .fileFailed(path: lockPath, reason: String(cString: strerror(reason)))
    }
  }

  /// Gives the folder free. Not to be called twice.
  public func close() throws {
    // Closing alone would leave it locked while a child that was just forked, and has not yet come to
    // exec, holds a copy of the descriptor (flock(2)).
    flock(lock.rawValue, LOCK_UN)
    try lock.close()
  }

  /// The folder of one server.
  public func folder(of server: String) -> String { "\(path)/\(server)" }

  /// A random secret of 128 bits, made at its first use and the same ever after.
  /// - Throws: `LocalStackError.fileFailed`.
  public func secret(named name: String) throws -> String {
    try SecretFile.readOrMake("\(path)/secrets/\(name)")
  }

  /// The folder of PostgreSQL, which the account that it runs as can reach.
  /// - Returns: the folder, and a line for the operator if it lies elsewhere.
  /// - Throws: `LocalStackError`.
  public func postgresFolder() throws -> (path: String, notice: String?) {
    let account = try SystemAccount.required(name: "postgres", package: "postgresql")
    return try PostgresFolder(stateFolder: path).locate(for: account)
  }
}
