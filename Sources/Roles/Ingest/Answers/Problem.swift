import NIOHTTP1

/// A fault of a whole request, as `application/problem+json` (RFC 9457).
struct Problem: Error, Equatable {
  let status: HTTPResponseStatus
  let detail: String
  /// Seconds after which to try again.
  var retryAfter: Int?
  /// Further headers of the answer.
  var headers: [(String, String)] = []

  static func == (left: Problem, right: Problem) -> Bool {
    left.status == right.status && left.detail == right.detail
      && left.retryAfter == right.retryAfter
  }

  static func tooLarge(limit: Int) -> Problem {
    Problem(
      status: .payloadTooLarge, detail: "the body must not be over \(limit) bytes, unpacked")
  }

  static func methodNotAllowed() -> Problem {
    Problem(
      status: .methodNotAllowed, detail: "events are sent by POST",
      headers: [("allow", "POST, OPTIONS")])
  }

  static func unsupportedMediaType() -> Problem {
    Problem(
      status: .unsupportedMediaType,
      detail: "Content-Type must be application/json or application/x-ndjson")
  }

  static func unsupportedEncoding() -> Problem {
    Problem(
      status: .unsupportedMediaType, detail: "Content-Encoding must be gzip, deflate or identity",
      headers: [("accept-encoding", "gzip, deflate")])
  }

  static func invalidCompression() -> Problem {
    Problem(status: .badRequest, detail: "the body cannot be unpacked: it is damaged or cut short")
  }

  static func busUnavailable() -> Problem {
    Problem(
      status: .serviceUnavailable, detail: "the event bus cannot be reached; nothing was accepted",
      retryAfter: 1)
  }

  static func busFull() -> Problem {
    Problem(
      status: .serviceUnavailable,
      detail: "the event bus is full of events that are still to be stored; nothing was accepted",
      retryAfter: 5)
  }
}
