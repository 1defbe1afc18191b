/// Why a private server or its folder cannot be used. Each description is one line for the operator.
public enum LocalStackError: Error, Equatable, CustomStringConvertible {
  /// The program is not installed.
  case missingProgram(name: String, package: String)
  /// The system account that the server must run as does not exist.
  case missingAccount(name: String, package: String)
  /// Something else listens on the port. `flag` is the command line flag that changes the port.
  case portInUse(server: String, port: Int, flag: String?)
  /// No free port was found on 127.0.0.1.
  case noFreePort
  /// The server ended, or did not answer in time. `log` holds the last lines that it wrote.
  case startFailed(server: String, reason: String, logPath: String, log: String)
  /// A program that prepares a server ended with an error.
  case programFailed(program: String, reason: String, output: String)
  /// Another process works in the folder.
  case folderInUse(folder: String)
  /// A file or folder cannot be made, read or written.
  case fileFailed(path: String, reason: String)

  public var description: String {
    switch self {
    case .missingProgram(let name, let package):
      "\(name) is not installed; install the Debian package \(package)"
    case .missingAccount(let name, let package):
      "the system account \(name) does not exist; install the Debian package \(package)"
    case .portInUse(let server, let port, let flag?):
      "port \(port) on 127.0.0.1 is in use; choose another for \(server) with \(flag)"
    case .portInUse(let server, let port, nil):
      "port \(port) on 127.0.0.1 is in use; \(server) needs it"
    case .noFreePort:
      "no free port on 127.0.0.1"
    case .startFailed(let server, let reason, let logPath, let log):
      log.isEmpty
        ? "\(server) did not start: \(reason) (log: \(logPath))"
        : "\(server) did not start: \(reason) (log: \(logPath)): \(log)"
    case .programFailed(let program, let reason, let output):
      output.isEmpty ? "\(program) failed: \(reason)" : "\(program) failed: \(reason): \(output)"
    case .folderInUse(let folder):
      "another progressbus up uses the state folder \(folder)"
    case .fileFailed(let path, let reason):
      "\(path): \(reason)"
    }
  }
}
