import CurlTransport
import HTTPTypes

/// Runs queries (https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query).
struct QueryCall: Sendable {
  struct Parameter: Encodable, Sendable {
    struct Kind: Encodable, Sendable { let type: String }
    struct Value: Encodable, Sendable { let value: String }
    let name: String
    let parameterType: Kind
    let parameterValue: Value

    init(_ name: String, _ type: String, _ value: String) {
      self.name = name
      parameterType = Kind(type: type)
      parameterValue = Value(value: value)
    }
  }

  private struct Request: Encodable {
    let query: String
    let useLegacySql = false
    let parameterMode = "NAMED"
    let queryParameters: [Parameter]
    let timeoutMs = QueryCall.waitMilliseconds
    let location: String?
  }

  private struct Answer: Decodable {
    struct Job: Decodable {
      let jobId: String
      let location: String?
    }
    struct Row: Decodable {
      struct Cell: Decodable { let v: String? }
      let f: [Cell]
    }
    let jobComplete: Bool?
    let jobReference: Job?
    let rows: [Row]?
    let pageToken: String?
    /// Of a statement that changes rows, in decimal digits.
    let numDmlAffectedRows: String?
  }

  /// How long BigQuery may hold an answer back.
  private static let waitMilliseconds = 10_000

  let client: BigQueryClient
  let location: String?
  /// How long the query may take in all.
  var deadline = Duration.seconds(60)

  /// The rows, each value in its text form.
  ///
  /// - Throws: `MirrorError`.
  func rows(_ query: String, _ parameters: [Parameter]) async throws -> [[String?]] {
    try await run(query, parameters).rows
  }

  /// How many rows a statement has changed.
  ///
  /// - Throws: `MirrorError`.
  func affectedRows(_ statement: String, _ parameters: [Parameter]) async throws -> Int {
    try await run(statement, parameters).affected ?? 0
  }

  private func run(
    _ query: String, _ parameters: [Parameter]
  ) async throws -> (rows: [[String?]], affected: Int?) {
    let end = ContinuousClock.now + deadline
    let first = try await client.json(
      .post, client.path("queries"),
      body: Request(query: query, queryParameters: parameters, location: location),
      as: Answer.self)
    var answer = first
    var rows: [[String?]] = []
    while true {
      if answer.jobComplete == true {
        rows += (answer.rows ?? []).map { $0.f.map(\.v) }
        if answer.pageToken == nil { return (rows, answer.numDmlAffectedRows.flatMap { Int($0) }) }
      }
      guard let job = answer.jobReference ?? first.jobReference else {
        throw MirrorError.unreachable("its answer to a query names no job")
      }
      guard .now < end else {
        throw MirrorError.unreachable("a query did not end within \(deadline)")
      }
      answer = try await client.json(.get, path(job, pageToken: answer.pageToken), as: Answer.self)
    }
  }

  private func path(_ job: Answer.Job, pageToken: String?) -> String {
    var query = [(name: "timeoutMs", value: "\(Self.waitMilliseconds)")]
    if let location = job.location { query.append((name: "location", value: location)) }
    if let pageToken { query.append((name: "pageToken", value: pageToken)) }
    return client.path("queries", job.jobId) + QueryString.encode(query)
  }
}
