internal import CurlTransport
internal import Foundation
internal import WorkerRuntime

/// Reads the server's answer to a write.
///
/// Sources: docs.influxdata.com, "Write data with the InfluxDB API" of 1.x, 2.x and 3.
struct InfluxAnswer {
  /// The answer's body where it is JSON: `error` in 1.x and 3, `message` in 2.x.
  private struct Body: Decodable {
    struct Line: Decodable {
      let number: Int
      let message: String?

      enum CodingKeys: String, CodingKey {
        case number = "line_number"
        case message = "error_message"
      }
    }

    let error: String?
    let message: String?
    let lines: [Line]

    enum CodingKeys: String, CodingKey { case error, message, data }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      error = try container.decodeIfPresent(String.self, forKey: .error)
      message = try container.decodeIfPresent(String.self, forKey: .message)
      // Version 3 gives a list when it stored the rest, and one object when it stored nothing.
      lines = (try? container.decodeIfPresent([Line].self, forKey: .data)) ?? []
    }
  }

  let response: TransportResponse
  let api: InfluxAPI

  /// - Parameter lineCount: how many lines the request held.
  func outcome(lineCount: Int) -> InfluxOutcome {
    switch response.status {
    case 200...299: .stored
    case 400, 422: refusal(lineCount: lineCount) ?? .refused(.unknown)
    case 401: failed("refused the credentials: check \(credentialSetting)")
    // Something in between that looks into requests answers so, too.
    case 403: failed("does not allow writing: check the rights of \(credentialSetting)")
    case 404: failed("does not know the place to write to: check \(placeSetting)")
    case 408, 504: .outOfTime("InfluxDB did not finish in time (status \(response.status))")
    case 413: .tooLarge
    case 429: .unavailable(text("is busy"), retryAfter: response.retryAfter)
    case 500...599:
      refusal(lineCount: lineCount) ?? failed(response.status == 503 ? "is busy" : "failed")
    default: failed("did not answer as InfluxDB does: check INFLUXDB_URL")
    }
  }

  private func failed(_ what: String) -> InfluxOutcome {
    .failed(text(what), retryAfter: response.retryAfter)
  }

  private func text(_ what: String) -> String { "InfluxDB \(what) (status \(response.status))" }

  /// Nil when the body refuses no point in words that are known.
  private func refusal(lineCount: Int) -> InfluxOutcome? {
    let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
    let known = InfluxRefusal(known: body?.message ?? body?.error ?? "")
    guard let lines = body?.lines, !lines.isEmpty else { return known.map { .refused($0) } }
    let refusal = known ?? .unknown
    var refused: [Int: InfluxRefusal] = [:]
    for line in lines {
      guard (1...max(1, lineCount)).contains(line.number) else { return .refused(refusal) }
      refused[line.number - 1] =
        line.message.map { InfluxRefusal(known: $0) ?? .unknown } ?? refusal
    }
    return .refusedLines(refused)
  }

  private var credentialSetting: String {
    switch api {
    case .v1: "INFLUXDB_USERNAME and INFLUXDB_PASSWORD"
    case .v2, .v3: "INFLUXDB_TOKEN"
    }
  }

  private var placeSetting: String {
    switch api {
    case .v1, .v3: "INFLUXDB_DATABASE and INFLUXDB_URL"
    case .v2: "INFLUXDB_BUCKET, INFLUXDB_ORG and INFLUXDB_URL"
    }
  }
}

/// What became of the lines of one request.
enum InfluxOutcome: Sendable, Equatable {
  case stored
  /// The server names the lines that it refuses, counted from 0; the others are stored.
  case refusedLines([Int: InfluxRefusal])
  /// Some lines are refused for good; the server does not say which. Others may be lost with them.
  case refused(InfluxRefusal)
  /// The request is larger than the server takes.
  case tooLarge
  /// Nothing is wrong with the lines; try again later.
  case unavailable(String, retryAfter: Duration?)
  /// It may lie in the lines or in the server.
  case failed(String, retryAfter: Duration?)
  /// Fewer lines may be quick enough.
  case outOfTime(String)
}

/// Why the server refuses points, in words that may be kept and shown.
///
/// The server quotes the line that it refuses, and with it the learner; so nothing of its words is
/// passed on but fixed phrases and, of a type conflict, the names and types, which are ours.
struct InfluxRefusal: Sendable, Equatable {
  static let unknown = InfluxRefusal("InfluxDB refused the point")

  let reason: String
  let cause: Refusal.Cause
  /// How many points were refused, if the server says so.
  var dropped: Int?

  init(_ reason: String, _ cause: Refusal.Cause = .event, dropped: Int? = nil) {
    self.reason = reason
    self.cause = cause
    self.dropped = dropped
  }

  /// Nil for words that are not known to refuse a point.
  init?(known message: String) {
    if let conflict = Self.typeConflict(message) {
      self.init(conflict)
    } else if let known = Self.classes.first(where: { message.contains($0.sign) }) {
      self.init(known.reason, known.cause)
    } else if message.contains("unable to parse") || message.contains("parsing failed") {
      // The quoted line comes first; what is wrong with it, last.
      let complaint = message.split(separator: "': ").last ?? ""
      let known = Self.complaints.first { complaint.contains($0) }
      self.init("InfluxDB cannot parse the line" + (known.map { ": \($0)" } ?? ""))
    } else {
      return nil
    }
    dropped = message.firstMatch(of: /dropped=(\d{1,9})$/).flatMap { Int($0.1) }
  }

  private static let remedy =
    "index-version = \"tsi1\" in its section data has no such limit, influx_inspect buildtsi converts"

  private static let classes: [(sign: String, reason: String, cause: Refusal.Cause)] = [
    ("field type conflict", "field type conflict", .event),
    ("beyond retention policy", "the point is older than the retention policy keeps", .expired),
    ("outside retention policy", "the point is older than the retention policy keeps", .expired),
    ("max-values-per-tag", "InfluxDB's max-values-per-tag is reached: \(remedy)", .limit),
    ("max-series-per-database", "InfluxDB's max-series-per-database is reached: \(remedy)", .limit),
    ("max key length exceeded", "the tags are longer than InfluxDB takes", .event),
  ]

  private static let complaints = [
    "missing measurement", "missing tag key", "missing tag value", "missing fields",
    "missing field key", "missing field value", "invalid field format", "invalid number",
    "invalid boolean", "unable to parse integer", "unbalanced quotes", "bad timestamp",
    "time outside range", "duplicate tags", "value out of range",
  ]

  /// `field type conflict: input field "f" on measurement "m" is type string, already exists as type
  /// integer`, taken apart and put together again from words that hold only letters.
  private static func typeConflict(_ message: String) -> String? {
    guard
      let match = message.firstMatch(
        of:
          /input field "(\w{1,64})" on measurement "(\w{1,64})" is type (\w{1,16}), already exists as type (\w{1,16})/
      )
    else { return nil }
    return "field type conflict: input field \"\(match.1)\" on measurement \"\(match.2)\" "
      + "is type \(match.3), already exists as type \(match.4)"
  }
}
