public import CurlTransport
public import Sessions

/// Why a call of one of Google's APIs failed (https://cloud.google.com/apis/design/errors). Holds nothing
/// that the server says about names: they may be learners'.
public struct GoogleCallError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// There is no token, and why.
    case unauthorized(String)
    /// There was no answer that can be read.
    case unreachable(String)
    /// The answer is not what the API promises.
    case unreadable(String)
    /// `error.status` of the answer, for example `NOT_FOUND`: one HTTP status stands for several.
    case status(String, http: Int, message: String)
  }

  public let reason: Reason
  /// False when the server cannot have acted on the call.
  public let mayHaveActed: Bool
  /// The least wait that the server asked for.
  public let retryAfter: Duration?
  /// Whether an earlier try of the same call may have been acted on, so that the server may refuse this one for what
  /// that did.
  public internal(set) var followsLostAnswer = false

  public init(_ reason: Reason, mayHaveActed: Bool = false, retryAfter: Duration? = nil) {
    self.reason = reason
    self.mayHaveActed = mayHaveActed
    self.retryAfter = retryAfter
  }

  /// - Parameter response: one that is no success.
  public init(_ response: TransportResponse) {
    let body = try? SessionValue(json: response.body)
    // A stream answers with a list that holds the error.
    let error = body?["error"] ?? body?.elements?.first?["error"]
    let status = error?["status"]?.text ?? Self.status(ofHTTP: response.status)
    self.init(
      .status(
        status, http: response.status,
        message: Self.withoutNames(error?["message"]?.text ?? "")),
      // A gateway's 502 and 504, and a 500, come when the work may be done.
      mayHaveActed: response.status >= 500 && response.status != 503,
      retryAfter: response.retryAfter)
  }

  /// - Parameter code: of an operation that failed (`google.rpc.Code`).
  public init(code: Int, message: String) {
    self.init(
      .status(
        Self.codes.indices.contains(code) ? Self.codes[code] : "UNKNOWN", http: 200,
        message: Self.withoutNames(message)))
  }

  public var status: String? {
    if case .status(let status, _, _) = reason { status } else { nil }
  }

  /// Whether the same call may succeed later.
  public var isTransient: Bool {
    switch reason {
    case .unauthorized, .unreadable: false
    case .unreachable: true
    case .status(let status, _, let message):
      switch status {
      case "ABORTED", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "UNKNOWN": true
      // Waiting does not make a request smaller.
      case "RESOURCE_EXHAUSTED": !message.contains("size")
      default: false
      }
    }
  }

  public var description: String {
    switch reason {
    case .unauthorized(let why): why
    case .unreachable(let why): why
    case .unreadable(let why): why
    case .status(let status, let http, let message):
      "HTTP \(http) \(status)\(message.isEmpty ? "" : ": \(message)")"
    }
  }

  /// What it means to a store of sessions.
  public var storeError: SessionStoreError {
    switch reason {
    case .unauthorized(let why): .denied(why)
    case .unreachable(let why): .unavailable(why)
    case .unreadable(let why): .unreadable(why)
    case .status(let status, _, let message): storeError(status, message)
    }
  }

  private func storeError(_ status: String, _ message: String) -> SessionStoreError {
    switch status {
    case "NOT_FOUND":
      return message.contains("database") ? .denied(description) : .missing
    case "ALREADY_EXISTS": return .exists
    case "FAILED_PRECONDITION", "ABORTED": return .stale
    case "INVALID_ARGUMENT", "OUT_OF_RANGE": return .unfit(description)
    case "RESOURCE_EXHAUSTED":
      return isTransient ? .throttled(after: retryAfter) : .unfit(description)
    case "UNAUTHENTICATED", "PERMISSION_DENIED": return .denied(description)
    default: return isTransient ? .unavailable(description) : .refused(description)
    }
  }

  /// Google's messages name documents by their paths, which hold users; and they quote.
  static func withoutNames(_ message: String) -> String {
    String(
      message.split(whereSeparator: \.isNewline).joined(separator: " ")
        .split(separator: " ").map { $0.contains("/") || $0.contains("@") ? "…" : $0 }
        .joined(separator: " ").prefix(300))
  }

  private static func status(ofHTTP status: Int) -> String {
    switch status {
    case 400: "INVALID_ARGUMENT"
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 409: "ABORTED"
    case 429: "RESOURCE_EXHAUSTED"
    case 503: "UNAVAILABLE"
    case 500...: "INTERNAL"
    default: "REFUSED"
    }
  }

  /// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
  private static let codes = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]
}
