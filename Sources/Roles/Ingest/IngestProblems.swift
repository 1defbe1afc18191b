import HTTPServer
import HTTPTypes

/// The faults of a whole request; those of single events are `DecodedBatch.Rejected`.
extension Problem {
  static func tooLarge(limit: Int) -> Problem {
    Problem(status: .contentTooLarge, detail: "the body must not be over \(limit) bytes, unpacked")
  }

  static func methodNotAllowed() -> Problem {
    Problem(
      status: .methodNotAllowed, detail: "events are sent by POST",
      fields: [.allow: "POST, OPTIONS"])
  }

  static func unsupportedMediaType() -> Problem {
    Problem(
      status: .unsupportedMediaType,
      detail: "Content-Type must be application/json or application/x-ndjson")
  }

  static func unsupportedEncoding() -> Problem {
    Problem(
      status: .unsupportedMediaType, detail: "Content-Encoding must be gzip, deflate or identity",
      fields: [.acceptEncoding: "gzip, deflate"])
  }

  static func invalidCompression() -> Problem {
    .badRequest("the body cannot be unpacked: it is damaged or cut short")
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
