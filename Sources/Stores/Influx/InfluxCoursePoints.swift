public import CurlTransport
public import Events
internal import Foundation
internal import HTTPTypes

/// A course's points in InfluxDB, found by the tag `course_id`.
public struct InfluxCoursePoints: Sendable {
  private let configuration: InfluxConfiguration
  private let transport: any HTTPTransport
  private let measurements: [String]

  /// Nil for InfluxDB 3, whose API cannot delete.
  ///
  /// - Parameter transport: stays open; whoever made it closes it.
  public init?(
    configuration: InfluxConfiguration, transport: any HTTPTransport,
    catalog: EventCatalog = .standard
  ) {
    if case .v3 = configuration.api { return nil }
    self.configuration = configuration
    self.transport = transport
    measurements = Set(catalog.kinds.compactMap(\.measurement)).sorted()
  }

  /// Deletes the points that lie before a moment. Series stay, as tag values do.
  ///
  /// - Throws: `InfluxQueryError.unsupported` where the server has no such call.
  public func delete(of course: String, before moment: Timestamp) async throws(InfluxQueryError) {
    let value = LineProtocolText.storedTagValue(course)
    for measurement in measurements {
      switch configuration.api {
      case .v1:
        _ = try await InfluxQuery(configuration: configuration, transport: transport).run(
          """
          DELETE FROM \(InfluxText.identifier(measurement)) \
          WHERE "course_id" = \(InfluxText.string(value)) AND time < \(moment.microseconds)u
          """)
      case .v2(let organization, let bucket, _):
        try await InfluxDeletion(configuration: configuration, transport: transport).delete(
          "_measurement=\(InfluxText.identifier(measurement)) AND course_id=\(InfluxText.identifier(value))",
          before: moment, organization: organization, bucket: bucket)
      case .v3: throw .unsupported
      }
    }
  }
}
