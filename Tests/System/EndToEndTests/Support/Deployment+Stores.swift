import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import Logging
import PostgresDriver
import ProgressBusTesting

extension Deployment {
  func sql(_ statement: String) async throws -> PostgresResult {
    let connection = try await PostgresConnection.connect(
      PostgresConfiguration(url: postgres.url), logger: Logger(label: "test"))
    do {
      let result = try await connection.query(statement)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  func count(_ table: String) async throws -> Int {
    try await sql("select count(*) as n from \(table)").first?.value("n") ?? 0
  }

  /// The ids of all events in PostgreSQL, where each can be once only.
  func storedInPostgres() async throws -> [String] {
    try await sql("select event_id from progress_events").rows.map { try $0.value("event_id") }
  }

  /// What a query gives: a row for each point, by column.
  func influxQuery(_ query: String) async throws -> [[String: InfluxValue]] {
    struct Answer: Decodable {
      struct Result: Decodable {
        var series: [Series]?
        var error: String?
      }
      struct Series: Decodable {
        var columns: [String]
        var values: [[InfluxValue?]]
      }
      var results: [Result]
    }
    let parameters = QueryString.encode([
      (name: "db", value: influx.database), (name: "epoch", value: "ns"),
      (name: "q", value: query),
    ])
    let verb = query.hasPrefix("DROP") ? HTTPRequest.Method.post : .get
    let response = try await HTTP.shared.transport.send(
      TransportRequest(verb, "\(influx.url)/query\(parameters)", responseLimit: 64 << 20))
    let answer: Answer = try response.decoded()
    if let error = answer.results.first?.error { throw InfluxFailure(message: error) }
    return answer.results.flatMap { $0.series ?? [] }.flatMap { series in
      series.values.map { values in
        Dictionary(
          uniqueKeysWithValues: zip(series.columns, values).compactMap { name, value in
            value.map { (name, $0) }
          })
      }
    }
  }

  struct InfluxFailure: Error {
    let message: String
  }

  /// The ids of all points in InfluxDB.
  func storedInInflux() async throws -> [String] {
    try await influxQuery("SELECT event_id FROM progress_event").compactMap {
      $0["event_id"]?.text
    }
  }

  /// Waits until both stores hold exactly `ids`, each once.
  func expectStored(
    _ ids: [String], within deadline: Duration = .seconds(60), fileID: String = #fileID,
    line: Int = #line
  ) async throws {
    let expected = Set(ids)
    guard expected.count == ids.count else { throw IDGivenTwice() }
    try await eventually(
      within: deadline, "\(ids.count) events in PostgreSQL", fileID: fileID, line: line
    ) {
      try await self.count("progress_events") >= ids.count
    }
    let rows = try await storedInPostgres()
    guard rows.count == expected.count, Set(rows) == expected else {
      throw OtherEvents(
        store: "PostgreSQL", missing: expected.subtracting(rows).count,
        extra: rows.count - expected.intersection(rows).count)
    }
    try await eventually(
      within: deadline, "\(ids.count) events in InfluxDB", fileID: fileID, line: line
    ) {
      try await self.storedInInflux().count >= ids.count
    }
    let points = try await storedInInflux()
    guard points.count == expected.count, Set(points) == expected else {
      throw OtherEvents(
        store: "InfluxDB", missing: expected.subtracting(points).count,
        extra: points.count - expected.intersection(points).count)
    }
  }

  struct IDGivenTwice: Error {}

  struct OtherEvents: Error {
    let store: String
    let missing: Int
    let extra: Int
  }
}

/// A value in an answer of InfluxDB.
enum InfluxValue: Decodable, Equatable {
  case number(Double)
  case text(String)
  case boolean(Bool)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .boolean(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var number: Double? {
    if case .number(let number) = self { number } else { nil }
  }
}
