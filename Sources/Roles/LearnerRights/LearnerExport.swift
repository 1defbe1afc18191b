import BigQueryMirror
import EventBus
import Events
import Foundation
import Influx
import JSONText
import NIOCore

/// A copy of everything that is kept of a learner, record by record.
public struct LearnerExport: Sendable {
  /// A store's name, which is a file's name too.
  public enum Store: String, Sendable, CaseIterable {
    case postgresql, influxdb, bigquery, journal
    case deadLetters = "dead-letters"
  }

  private let stores: LearnerStores

  public init(_ stores: LearnerStores) {
    self.stores = stores
  }

  /// Gives each record to `body`: one line of JSON, `{"store":…,"place":…,"record":…}`. The place is a table, a
  /// measurement, the journal or the sink of a dead letter.
  ///
  /// - Returns: how many there were, by store.
  /// - Throws: what the stores fail with: a copy with a hole is no copy.
  public func run(
    _ learner: LearnerID, _ body: (Store, String) throws -> Void
  ) async throws -> [Store: Int] {
    var counts: [Store: Int] = [:]
    func give(_ store: Store, _ place: String, _ record: String) throws {
      counts[store, default: 0] += 1
      try body(store, Self.line(store, place, record))
    }
    for table in try await stores.rows.tables() {
      try await stores.rows.export(learner.forms, in: table) {
        try give(.postgresql, table.name, $0)
      }
    }
    if let influx = stores.influx {
      try await influx.export(learner.forms) { measurement, point in
        try give(.influxdb, measurement, Self.json(point))
      }
    }
    if case .mirror(let controller) = stores.warehouse {
      for table in try await controller.learnerTables(learner.forms) {
        for row in try await controller.rows(in: table) { try give(.bigquery, table.name, row) }
      }
    }
    try await stores.redis.forEachEntry(of: learner) { entry in
      try give(.journal, "journal", String(buffer: entry.payload))
    }
    try await stores.redis.forEachDeadLetter(of: learner) { letter in
      let payload = String(buffer: letter.deadLetter.payload)
      // What is no JSON comes as a text.
      let isJSON = (try? JSONSerialization.jsonObject(with: Data(payload.utf8))) != nil
      try give(.deadLetters, letter.deadLetter.sink, isJSON ? payload : Self.quoted(payload))
    }
    return counts
  }

  private static func line(_ store: Store, _ place: String, _ record: String) -> String {
    // A record may come with line breaks between its parts; inside of texts they are escaped.
    let record = record.replacing("\n", with: " ").replacing("\r", with: " ")
    return #"{"store":"\#(store.rawValue)","place":\#(quoted(place)),"record":\#(record)}"#
  }

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONEscaping.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func json(_ point: [String: InfluxValue]) -> String {
    let members = point.sorted { $0.key < $1.key }.map { name, value in
      let written =
        switch value {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): quoted(value)
        case .boolean(let value): "\(value)"
        case .null: "null"
        }
      return "\(quoted(name)):\(written)"
    }
    return "{" + members.joined(separator: ",") + "}"
  }
}
