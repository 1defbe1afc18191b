import FoundationEssentials
import Glibc
import SystemPackage

/// Folders that only their owner can read.
enum PrivateFolder {
  /// Makes the folder and those above it, and gives it to `account`.
  static func make(_ path: String, owner account: SystemAccount? = nil) throws {
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

/// A random secret in a file that only its owner can read.
enum SecretFile {
  /// 32 hexadecimal digits: 128 bits from the system's generator.
  static func readOrMake(_ path: String) throws -> String {
    do {
      if let data = FileManager.default.contents(atPath: path), !data.isEmpty {
        return String(decoding: data, as: UTF8.self).trimmed
      }
      let secret = (0..<4).map { _ in
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
      }.joined()
      try PrivateFolder.make(FilePath(path).removingLastComponent().string)
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll((secret + "\n").utf8) }
      return secret
    } catch let error as Errno {
      throw LocalStackError.fileFailed(path: path, reason: "\(error)")
    }
  }
}

/// Removal of folders that a dying server may still write to.
public enum FileRemoval {
  /// Removes a file or a folder with all that is in it; nothing is there afterwards.
  /// - Throws: `CocoaError`.
  public static func remove(_ path: String) throws {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch let error as CocoaError where error.code == .fileNoSuchFile {
      return
    }
  }
}
