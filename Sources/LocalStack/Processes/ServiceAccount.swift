import Glibc

/// A system account that a server runs as.
public struct ServiceAccount: Sendable, Equatable {
  public let name: String
  public let userID: UInt32
  public let groupID: UInt32

  /// The account that `server` must use when this process is root, because the server refuses root;
  /// nil for any other user, whose own account does.
  /// - Throws: `LocalStackError.missingAccount`.
  static func required(name: String, package: String) throws -> ServiceAccount? {
    guard geteuid() == 0 else { return nil }
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    let status = getpwnam_r(name, &record, &buffer, buffer.count, &found)
    guard status == 0, found != nil else {
      throw LocalStackError.missingAccount(name: name, package: package)
    }
    return ServiceAccount(name: name, userID: record.pw_uid, groupID: record.pw_gid)
  }
}
