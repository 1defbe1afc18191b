import Glibc

/// A system account that a server runs as.
public struct SystemAccount: Sendable, Equatable {
  public let name: String
  public let userID: UInt32
  public let groupID: UInt32

  /// The command line that runs a program as this account.
  ///
  /// Through setpriv(1) and not in the child between fork and exec: the C library's `setgroups`
  /// waits there for a thread that may just have been starting when the process was forked, and that
  /// the child does not have.
  /// - Throws: `LocalStackError.missingProgram`.
  func running(
    _ program: String, _ arguments: [String]
  ) throws -> (program: String, arguments: [String]) {
    let setpriv = try ProgramLocator.find("setpriv", package: "util-linux")
    return (
      setpriv,
      ["--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", program] + arguments
    )
  }

  /// The account that `server` must use when this process is root, because the server refuses root;
  /// nil for any other user, whose own account does.
  /// - Throws: `LocalStackError.missingAccount`.
  static func required(name: String, package: String) throws -> SystemAccount? {
    guard geteuid() == 0 else { return nil }
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    let status = getpwnam_r(name, &record, &buffer, buffer.count, &found)
    guard status == 0, found != nil else {
      throw LocalStackError.missingAccount(name: name, package: package)
    }
    return SystemAccount(name: name, userID: record.pw_uid, groupID: record.pw_gid)
  }
}
