extension ServiceAccount {
  /// The command that runs `program` as `account`, or as it is when there is none.
  ///
  /// Subprocess could switch accounts itself, but does so in a bare clone of this process, where
  /// glibc's `setgroups` waits for ever for a thread that was just being made when it was cloned
  /// (nptl_setxid.c, `setxid_mark_thread`).
  static func command(
    _ program: String, _ arguments: [String], as account: ServiceAccount?
  ) -> (program: String, arguments: [String]) {
    guard let account else { return (program, arguments) }
    let identity = [
      "--reuid=\(account.userID)", "--regid=\(account.groupID)", "--groups=\(account.groupID)",
    ]
    return ("/usr/bin/setpriv", identity + ["--", program] + arguments)
  }
}
