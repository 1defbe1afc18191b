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

/// One series in the answer to a query.
public struct InfluxSeries: Sendable, Equatable, Decodable {
  public let name: String
  /// The tags that the query groups by.
  public let tags: [String: String]
  public let columns: [String]
  /// The rows, each with a value for every column. Times are nanoseconds since 1970.
  public let values: [[InfluxValue]]

  private enum CodingKeys: String, CodingKey { case name, tags, columns, values }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
    tags = try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
    columns = try container.decode([String].self, forKey: .columns)
    values = try container.decodeIfPresent([[InfluxValue]].self, forKey: .values) ?? []
  }

  /// The rows as dictionaries, without the columns that are null.
  public var rows: [[String: InfluxValue]] {
    values.map { row in
      Dictionary(uniqueKeysWithValues: zip(columns, row).filter { $0.1 != .null })
    }
  }
}

/// A value in the answer to a query.
public enum InfluxValue: Sendable, Equatable, Decodable {
  case integer(Int64)
  case number(Double)
  case text(String)
  case boolean(Bool)
  case null

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }
}

/// Why a query has no answer.
public enum InfluxQueryError: Error, Sendable, Equatable {
  /// The server cannot be reached, or did not answer as InfluxDB does.
  case unavailable(String)
  /// The server does not accept the query; its own words, which quote the query.
  case refused(String)
  /// Queries are for the API of InfluxDB 1.x; the server is set up with another.
  case unsupported
}
