/// How a process ended.
public enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
  /// It returned this code.
  case code(Int32)
  /// This signal killed it.
  case signal(Int32)
  /// It could not be watched to its end.
  case unknown(String)

  /// A shell reports a child that a signal killed as 128 plus the signal
  /// (POSIX.1-2017, Shell & Utilities, 2.8.2).
  init(shellStatus: Int32) {
    self = shellStatus > 128 ? .signal(shellStatus - 128) : .code(shellStatus)
  }

  public var description: String {
    switch self {
    case .code(let code): "exited with code \(code)"
    case .signal(let signal): "was killed by signal \(signal)"
    case .unknown(let reason): "ended (\(reason))"
    }
  }
}
