import CurlTransport
import Foundation

/// What an answer to insertAll means for the rows that were sent.
enum InsertAllOutcome: Equatable {
  /// BigQuery took the rows, except those listed by their index.
  case answered([Int: RowFault])
  /// Worth another try at once.
  ///
  /// - Parameter mayLieInRows: whether the error may be about one row, or about how many there are.
  case transient(String, retryAfter: Duration? = nil, mayLieInRows: Bool = false)
  /// The project's quota is used up: at least ten minutes of quiet.
  case quotaExceeded(String)
  /// Too much for one call.
  case tooLarge(String)
  /// The call itself is malformed, which one of its rows may be to blame for.
  case malformed(String)
  /// BigQuery refuses the caller, not the rows.
  case refused(String)
  /// The call was not made, or given up, because this process is about to end or lost PostgreSQL.
  case interrupted

  /// - Parameters:
  ///   - retryAfter: how long the answer asks to wait, if it does.
  static func of(
    status: Int, body: [UInt8], retryAfter: Duration? = nil, rowCount: Int
  ) -> InsertAllOutcome {
    if status == 200 { return ofSuccess(body, rowCount: rowCount) }
    if let faults = faultsBehindError(body, rowCount: rowCount) { return .answered(faults) }
    let error = GoogleError(status: status, body: body)
    if error.reason == "quotaExceeded" { return .quotaExceeded("\(error)") }
    let isTransient =
      [408, 429, 500, 502, 503, 504].contains(status) || transientReasons.contains(error.reason)
      // A table that was made a moment ago is not found for some minutes.
      || status == 404
    if isTransient {
      return .transient(
        "\(error)", retryAfter: retryAfter,
        // Who asks for time is busy.
        mayLieInRows: (status >= 500 || status == 408) && retryAfter == nil)
    }
    switch status {
    case 413: return .tooLarge("\(error)")
    case 400: return .malformed("\(error)")
    default: return .refused("\(error)")
    }
  }

  static func of(_ error: TransportError) -> InsertAllOutcome {
    switch error.reason {
    case .cancelled, .closed: .interrupted
    case .invalidURL, .invalidRequest: .refused("\(error)")
    default:
      .transient("\(error)", mayLieInRows: error.reason == .timedOut && error.mayHaveReachedServer)
    }
  }

  private static let transientReasons: Set<String> = [
    "backendError", "internalError", "rateLimitExceeded", "badGateway", "timeout",
  ]

  private struct Answer: Decodable {
    struct InsertError: Decodable {
      struct Detail: Decodable {
        let reason: String?
        let location: String?
        let message: String?
      }
      let index: Int?
      let errors: [Detail]?
    }
    let kind: String?
    let insertErrors: [InsertError]?
  }

  private static func ofSuccess(_ body: [UInt8], rowCount: Int) -> InsertAllOutcome {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
      answer.kind != nil || answer.insertErrors != nil
    else { return .transient("HTTP 200 with a body that is no answer to insertAll") }
    guard let faults = faults(answer, rowCount: rowCount) else {
      return .transient("HTTP 200 with an error for a row that was not sent")
    }
    return .answered(faults)
  }

  /// What is listed although the call failed as a whole. The rows that are not listed are to be sent again:
  /// nothing says that they were taken.
  private static func faultsBehindError(_ body: [UInt8], rowCount: Int) -> [Int: RowFault]? {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
      let listed = faults(answer, rowCount: rowCount), !listed.isEmpty
    else { return nil }
    return listed.merging((0..<rowCount).map { ($0, .stopped) }) { listed, _ in listed }
  }

  /// Nil when one is about a row that was not sent.
  private static func faults(_ answer: Answer, rowCount: Int) -> [Int: RowFault]? {
    var faults: [Int: RowFault] = [:]
    for error in answer.insertErrors ?? [] {
      // Left out when it is 0, as JSON made from protocol buffers does.
      let index = error.index ?? 0
      guard (0..<rowCount).contains(index) else { return nil }
      let details = error.errors ?? []
      faults[index] = details.map { fault($0) }.max { $0.severity < $1.severity } ?? .stopped
    }
    return faults
  }

  private static func fault(_ detail: Answer.InsertError.Detail) -> RowFault {
    let reason = detail.reason ?? ""
    let location = detail.location ?? ""
    switch reason {
    case "stopped": return .stopped
    case "quotaExceeded": return .quotaExceeded
    case _ where transientReasons.contains(reason): return .transient(reason)
    default:
      let parts = [reason, location, detail.message ?? ""].filter { !$0.isEmpty }
      return .invalid(
        full: parts.joined(separator: ": "),
        public: parts.dropLast(detail.message?.isEmpty == false ? 1 : 0).joined(separator: ": "))
    }
  }
}

/// What BigQuery says about one row that it did not take.
enum RowFault: Equatable {
  /// Fine in itself: another row of the call held it up.
  case stopped
  case quotaExceeded
  case transient(String)
  /// Wrong for good.
  ///
  /// - Parameters:
  ///   - full: as Google says it, which can quote the row.
  ///   - public: reason and column alone.
  case invalid(full: String, public: String)

  /// Which of several faults of one row counts.
  var severity: Int {
    switch self {
    case .stopped: 0
    case .quotaExceeded: 1
    case .transient: 2
    case .invalid: 3
    }
  }
}
