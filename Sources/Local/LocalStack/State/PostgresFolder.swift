import FoundationEssentials
import Glibc

/// Where the data of PostgreSQL lies. As root we must run it as another account, which cannot reach a
/// state folder below, say, /root.
struct PostgresFolder {
  let stateFolder: String
  /// Of the replacement; it must survive a reboot (hier(7)).
  var replacementParent = "/var/tmp"

  func locate(for account: SystemAccount?) throws -> (path: String, notice: String?) {
    let inPlace = "\(stateFolder)/postgres"
    if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: inPlace) {
      return (target, notice(target, account))
    }
    guard let account, let obstacle = Self.obstacle(on: stateFolder, for: account) else {
      return (inPlace, nil)
    }
    if FileManager.default.fileExists(atPath: inPlace) {
      throw LocalStackError.fileFailed(
        path: inPlace, reason: "the account \(account.name) cannot pass \(obstacle)")
    }
    let parent = try makeReplacement()
    let target = "\(parent)/postgres"
    guard symlink(target, inPlace) == 0 else {
      throw LocalStackError.fileFailed(path: inPlace, reason: String(cString: strerror(errno)))
    }
    return (target, notice(target, account))
  }

  private func notice(_ target: String, _ account: SystemAccount?) -> String {
    let name = account?.name ?? "postgres"
    return "PostgreSQL's data is in \(target): the account \(name) cannot reach \(stateFolder)"
  }

  /// /var/tmp is open to all, so a folder or link that somebody else put there is refused.
  private func makeReplacement() throws -> String {
    let hash = String(StableHash.fnv1a(stateFolder.utf8), radix: 16)
    let path = "\(replacementParent)/progressbus-\(geteuid())-\(hash)"
    if mkdir(path, 0o711) != 0, errno != EEXIST {
      throw LocalStackError.fileFailed(path: path, reason: String(cString: strerror(errno)))
    }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid(), status.st_mode & 0o022 == 0
    else {
      throw LocalStackError.fileFailed(path: path, reason: "it belongs to another user")
    }
    return path
  }

  /// The first folder on the way to `path`, itself included, that the account cannot pass.
  static func obstacle(on path: String, for account: SystemAccount) -> String? {
    var folder = ""
    for component in path.split(separator: "/") {
      folder += "/\(component)"
      var status = stat()
      guard stat(folder, &status) == 0 else { return folder }
      let permission: UInt32 =
        status.st_uid == account.userID
        ? S_IXUSR : status.st_gid == account.groupID ? S_IXGRP : S_IXOTH
      if status.st_mode & permission == 0 { return folder }
    }
    return nil
  }
}

/// A hash that is the same in every run, unlike `Hasher`.
enum StableHash {
  /// FNV-1a, 64 bits (draft-eastlake-fnv).
  static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
