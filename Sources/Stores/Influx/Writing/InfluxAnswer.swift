internal import CurlTransport
internal import Foundation

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
    case 400, 422: refusal(lineCount: lineCount)
    case 401: unavailable("refused the credentials: check \(credentialSetting)")
    case 403: unavailable("does not allow writing: check the rights of \(credentialSetting)")
    case 404: unavailable("does not know the place to write to: check \(placeSetting)")
    case 413: .tooLarge
    case 429, 503: unavailable("is busy")
    case 408, 500...599: unavailable("failed")
    default: unavailable("did not answer as InfluxDB does: check INFLUXDB_URL")
    }
  }

  private func unavailable(_ what: String) -> InfluxOutcome {
    .unavailable(
      "InfluxDB \(what) (status \(response.status))", retryAfter: response.retryAfter)
  }

  private func refusal(lineCount: Int) -> InfluxOutcome {
    let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
    let reason = InfluxReason.of(body?.message ?? body?.error ?? "")
    guard let lines = body?.lines, !lines.isEmpty else { return .refused(reason) }
    var refused: [Int: String] = [:]
    for line in lines {
      guard (1...max(1, lineCount)).contains(line.number) else { return .refused(reason) }
      refused[line.number - 1] = line.message.map(InfluxReason.of) ?? reason
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
