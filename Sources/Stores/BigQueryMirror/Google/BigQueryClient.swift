import CurlTransport
import Foundation
import HTTPTypes

/// BigQuery's REST API (https://cloud.google.com/bigquery/docs/reference/rest).
struct BigQueryClient: Sendable {
  let projectID: String
  private let baseURL: String
  private let transport: any HTTPTransport
  /// Nil with an emulator, which asks for none.
  private let tokens: TokenCache?
  private let limiter: any CallLimiter
  private let timeout: Duration

  init(
    configuration: MirrorConfiguration, transport: any HTTPTransport, tokens: TokenCache?,
    limiter: any CallLimiter
  ) {
    projectID = configuration.projectID
    baseURL = configuration.baseURL
    timeout = configuration.callTimeout
    self.transport = transport
    self.tokens = tokens
    self.limiter = limiter
  }

  /// The path of the project's resources, or of something below them.
  func path(_ components: String...) -> String {
    "/bigquery/v2/projects/"
      + ([projectID] + components).map(QueryString.percentEncode).joined(separator: "/")
  }

  /// Sends one call; what Google answers is returned whatever it is, except that an access token which
  /// is refused is replaced once.
  ///
  /// - Throws: `MirrorError.credentials`, `TransportError`, or what the limiter throws.
  func call(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = []
  ) async throws -> TransportResponse {
    let response = try await attempt(method, path, body)
    guard response.status == 401, let tokens else { return response }
    await tokens.discard()
    return try await attempt(method, path, body)
  }

  private func attempt(
    _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]
  ) async throws -> TransportResponse {
    var headers: HTTPFields = [:]
    if !body.isEmpty { headers[.contentType] = "application/json" }
    if let tokens {
      headers[.authorization] = "Bearer \(try await tokens.value())"
    }
    try await limiter.admit()
    return try await transport.send(
      TransportRequest(method, baseURL + path, headers: headers, body: body, timeout: timeout))
  }

  /// Sends one call and decodes its answer.
  ///
  /// - Throws: `MirrorError`.
  func json<Answer: Decodable>(
    _ method: HTTPRequest.Method, _ path: String, body: (any Encodable & Sendable)? = nil,
    as type: Answer.Type = Answer.self
  ) async throws -> Answer {
    let bytes = try body.map { Array(try JSONEncoder.google.encode($0)) } ?? []
    let response: TransportResponse
    do {
      response = try await call(method, path, body: bytes)
    } catch let error as TransportError {
      throw MirrorError.unreachable("\(error)")
    }
    guard response.isSuccess else {
      throw MirrorError.google(GoogleError(status: response.status, body: response.body))
    }
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(response.body))
    } catch {
      throw MirrorError.unreachable("its answer is not what the API describes")
    }
  }
}

extension JSONEncoder {
  static var google: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
