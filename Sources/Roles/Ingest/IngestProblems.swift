import EventBus
import Events
import HTTPServer
import HTTPTypes
import Zlib

/// The faults of a whole request; those of single events are `DecodedBatch.Rejected`.
extension Problem {
  static func noJSON(_ error: JSONSyntaxError) -> Problem {
    error.reason == .tooDeep
      ? Problem(status: .unprocessableContent, detail: "the body is nested too deeply")
      : Problem(status: .badRequest, detail: "the body is no JSON: \(error)")
  }

  static func tooLarge(limit: Int) -> Problem {
    Problem(status: .contentTooLarge, detail: "the body must not be over \(limit) bytes, unpacked")
  }

  static func methodNotAllowed(butFor methods: [String] = ["POST"]) -> Problem {
    Problem(
      status: .methodNotAllowed,
      detail: methods == ["GET"]
        ? "this is read by GET" : "events are sent by \(methods.joined(separator: " or "))",
      fields: [.allow: (methods + ["OPTIONS"]).joined(separator: ", ")])
  }

  static func unsupportedMediaType(
    not types: String = "application/json or application/x-ndjson"
  ) -> Problem {
    Problem(status: .unsupportedMediaType, detail: "Content-Type must be \(types)")
  }

  static func unsupportedEncoding() -> Problem {
    Problem(
      status: .unsupportedMediaType, detail: "Content-Encoding must be gzip, deflate or identity",
      fields: [.acceptEncoding: "gzip, deflate"])
  }

  static func cannotUnpack(_ fault: Inflater.Fault) -> Problem {
    switch fault {
    case .damaged:
      .badRequest("the body cannot be unpacked: it is damaged, or no gzip or zlib stream")
    case .followedByMore:
      .badRequest("the body cannot be unpacked: its packed stream has ended, and more follows")
    case .outOfMemory:
      Problem(
        status: .serviceUnavailable, detail: "there is no memory to unpack the body", retryAfter: 5)
    }
  }

  static func cutShort() -> Problem {
    .badRequest("the body cannot be unpacked: it is cut short")
  }

  static func tooMuchArriving() -> Problem {
    Problem(
      status: .serviceUnavailable,
      detail: "too many bodies are arriving at once; nothing was accepted", retryAfter: 5)
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
