import EventBus
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

  /// In the words of the bus, without Redis's own.
  static func refusedByBus(_ error: BusError) -> Problem {
    let outcome =
      error.leftNothingDone
      ? "nothing was accepted"
      : "some may have been accepted: send them again with the same event_id"
    return Problem(
      status: .serviceUnavailable, detail: "\(error.fault.sentence); \(outcome)",
      retryAfter: error.fault.retryAfter)
  }
}
