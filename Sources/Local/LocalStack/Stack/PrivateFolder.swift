import FoundationEssentials
import Glibc

/// Folders that only their owner can read.
enum PrivateFolder {
  /// Makes the folder and those above it, and gives it to `account`.
  static func make(_ path: String, owner account: ServiceAccount? = nil) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw LocalStackError.fileFailed(path: path, reason: "cannot make the folder: \(error)")
    }
    if let account, chown(path, account.userID, account.groupID) != 0 {
      throw LocalStackError.fileFailed(
        path: path, reason: "cannot give it to \(account.name): \(String(cString: strerror(errno)))"
      )
    }
  }
}
