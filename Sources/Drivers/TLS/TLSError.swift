internal import CLibSSL

/// Why TLS cannot be had, in OpenSSL's words or ours. Names files, never what is in them.
public struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }

  /// What OpenSSL says on this thread, whose queue of errors is empty afterwards.
  static func ofLibrary(_ what: String) -> TLSError {
    // The first is the cause; what follows says where it was passed on.
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let reason = ERR_reason_error_string(code) else { return TLSError(what) }
    return TLSError("\(what): \(String(cString: reason))")
  }
}
