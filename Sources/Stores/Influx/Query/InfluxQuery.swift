public import CurlTransport
internal import Foundation
import HTTPTypes

/// Asks an InfluxDB 1.x in InfluxQL.
public struct InfluxQuery: Sendable {
  private struct Answer: Decodable {
    struct Result: Decodable {
      let series: [InfluxSeries]?
      let error: String?
    }

    let results: [Result]?
    let error: String?
  }

  private let configuration: InfluxConfiguration
  private let transport: any HTTPTransport

  /// - Parameter transport: stays open; whoever made it closes it.
  public init(configuration: InfluxConfiguration, transport: any HTTPTransport) {
    self.configuration = configuration
    self.transport = transport
  }

  /// Runs one statement. Values from outside go into `parameters`, never into the text.
  ///
  /// - Parameter parameters: what `$name` stands for in the statement's `WHERE` clause.
  public func run(
    _ statement: String, parameters: [String: String] = [:]
  ) async throws(InfluxQueryError) -> [InfluxSeries] {
    guard case .v1(let database, _, _) = configuration.api else { throw .unsupported }
    var items = [("db", database), ("epoch", "ns"), ("q", statement)]
    if !parameters.isEmpty {
      guard let encoded = try? JSONEncoder().encode(parameters) else {
        throw .refused("the parameters cannot be encoded")
      }
      items.append(("params", String(decoding: encoded, as: UTF8.self)))
    }
    // The statement goes into the body, so that no server logs it with the URL.
    var request = TransportRequest(
      .post, configuration.url + "/query",
      headers: [.contentType: "application/x-www-form-urlencoded"],
      body: Array(QueryString.form(items).utf8), timeout: configuration.timeout)
    request.headers[.authorization] = configuration.api.authorization
    return try await series(in: answer(to: request))
  }

  /// Makes the configured database; does nothing when it exists.
  public func createDatabase() async throws(InfluxQueryError) {
    guard case .v1(let database, _, _) = configuration.api else { throw .unsupported }
    let escaped = database.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    _ = try await run("CREATE DATABASE \"\(escaped)\"")
  }

  private func answer(to request: TransportRequest) async throws(InfluxQueryError)
    -> TransportResponse
  {
    do throws(TransportError) {
      return try await transport.send(request)
    } catch {
      throw .unavailable("InfluxDB: \(error)")
    }
  }

  private func series(in response: TransportResponse) throws(InfluxQueryError) -> [InfluxSeries] {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
      throw .unavailable("InfluxDB answered status \(response.status) and no JSON")
    }
    if let error = answer.error ?? answer.results?.lazy.compactMap(\.error).first {
      throw response.status >= 500 || response.status == 401 || response.status == 403
        ? .unavailable("InfluxDB: \(error)") : .refused(error)
    }
    return answer.results?.flatMap { $0.series ?? [] } ?? []
  }
}
