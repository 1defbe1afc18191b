public import CurlTransport
public import Events
internal import Foundation
internal import HTTPTypes

/// A learner's points in InfluxDB, found by the tag that the catalog declares to hold the learner.
public struct InfluxLearnerPoints: Sendable {
  /// Points in one answer.
  private static let pageSize = 5_000

  private let configuration: InfluxConfiguration
  private let transport: any HTTPTransport
  private let series: [(measurement: String, tag: String)]

  /// - Parameter transport: stays open; whoever made it closes it.
  public init(
    configuration: InfluxConfiguration, transport: any HTTPTransport,
    catalog: EventCatalog = .standard
  ) {
    self.configuration = configuration
    self.transport = transport
    series = catalog.learnerTags.compactMap { series in
      series.tag.map { (measurement: series.measurement, tag: $0) }
    }
  }

  /// The measurements that hold points of learners.
  public var measurements: [String] { series.map(\.measurement) }

  /// How many points there are by measurement; nil where the server's API cannot be asked.
  public func count(_ learner: [String]) async throws(InfluxQueryError) -> [String: Int]? {
    guard case .v1 = configuration.api else { return nil }
    var counts: [String: Int] = [:]
    for (measurement, tag) in series {
      let answer = try await query.run(
        "SELECT count(event_id) FROM \(InfluxText.identifier(measurement)) WHERE \(condition(tag, learner))"
      )
      guard case .integer(let count)? = answer.first?.rows.first?["count"] else { continue }
      counts[measurement] = Int(count)
    }
    return counts
  }

  /// Deletes every point, and with 1.x the series too, so that no list of tag values knows the learner.
  ///
  /// - Throws: `InfluxQueryError.unsupported` where the server's API has no such call: InfluxDB 3.
  public func erase(_ learner: [String]) async throws(InfluxQueryError) {
    for (measurement, tag) in series {
      switch configuration.api {
      case .v1:
        _ = try await query.run(
          "DROP SERIES FROM \(InfluxText.identifier(measurement)) WHERE \(condition(tag, learner))")
      case .v2(let organization, let bucket, _):
        for value in values(learner) {
          try await InfluxDeletion(configuration: configuration, transport: transport).delete(
            "_measurement=\(InfluxText.identifier(measurement)) AND \(tag)=\(InfluxText.identifier(value))",
            organization: organization, bucket: bucket)
        }
      case .v3: throw .unsupported
      }
    }
  }

  /// Gives every point to `body`, by measurement.
  public func export(
    _ learner: [String], _ body: (String, [String: InfluxValue]) throws -> Void
  ) async throws {
    for (measurement, tag) in series {
      var offset = 0
      while true {
        let answer = try await query.run(
          """
          SELECT * FROM \(InfluxText.identifier(measurement)) WHERE \(condition(tag, learner)) \
          LIMIT \(Self.pageSize) OFFSET \(offset)
          """)
        let rows = answer.flatMap(\.rows)
        for row in rows { try body(measurement, row) }
        offset += rows.count
        if rows.count < Self.pageSize { break }
      }
    }
  }

  private var query: InfluxQuery {
    InfluxQuery(configuration: configuration, transport: transport)
  }

  /// As line protocol can say them, which is how they are stored.
  private func values(_ learner: [String]) -> [String] {
    learner.map { LineProtocolText.storedTagValue($0) }
  }

  /// In InfluxQL. DROP SERIES takes no parameters.
  private func condition(_ tag: String, _ learner: [String]) -> String {
    let alternatives = values(learner).map { value in
      "\(InfluxText.identifier(tag)) = \(InfluxText.string(value))"
    }
    return "(" + alternatives.joined(separator: " OR ") + ")"
  }
}

extension LineProtocolText {
  /// The value of a tag as the server has it once its line was read.
  static func storedTagValue(_ value: String) -> String {
    var escaped: [UInt8] = []
    Array(value.utf8).withUnsafeBytes { appendTagValue($0, to: &escaped) }
    var stored: [UInt8] = []
    for (index, byte) in escaped.enumerated() {
      // What stands in front of these is always an escape: a backslash of the value has a stand-in there.
      if byte == UInt8(ascii: "\\"), index + 1 < escaped.count,
        [UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: " ")].contains(escaped[index + 1])
      {
        continue
      }
      stored.append(byte)
    }
    return String(decoding: stored, as: UTF8.self)
  }
}
