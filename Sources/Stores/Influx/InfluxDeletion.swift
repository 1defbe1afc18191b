import CurlTransport
import Events
import Foundation
import HTTPTypes

/// Deletes points of InfluxDB 2 by a predicate.
///
/// Source: https://docs.influxdata.com/influxdb/v2/write-data/delete-data/
struct InfluxDeletion {
  let configuration: InfluxConfiguration
  let transport: any HTTPTransport

  /// - Parameter moment: points before it are deleted; nil for all there can be.
  func delete(
    _ predicate: String, before moment: Timestamp? = nil, organization: String, bucket: String
  ) async throws(InfluxQueryError) {
    struct Deletion: Encodable {
      let start = "1677-09-21T00:12:44Z"
      let stop: String
      let predicate: String
    }
    let stop = moment?.description ?? "2262-04-11T23:47:16Z"
    guard let body = try? JSONEncoder().encode(Deletion(stop: stop, predicate: predicate)) else {
      throw .refused("the predicate cannot be encoded")
    }
    var request = TransportRequest(
      .post,
      configuration.url + "/api/v2/delete"
        + QueryString.encode([("org", organization), ("bucket", bucket)]),
      headers: [.contentType: "application/json"], body: Array(body),
      timeout: configuration.timeout)
    request.headers[.authorization] = configuration.api.authorization
    let response: TransportResponse
    do throws(TransportError) {
      response = try await transport.send(request)
    } catch {
      throw .unavailable("InfluxDB: \(error)")
    }
    switch response.status {
    case 200..<300: return
    case 404, 405: throw .unsupported
    case 401, 403, 429, 500...: throw .unavailable("InfluxDB answered \(response.status)")
    default: throw .refused("InfluxDB answered \(response.status)")
    }
  }
}
