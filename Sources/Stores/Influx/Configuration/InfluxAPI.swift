internal import Foundation

/// The three HTTP APIs for writing to InfluxDB, each with what it needs to find and open the place.
public enum InfluxAPI: Sendable, Equatable {
  /// InfluxDB 1.x: `/write?db=`.
  case v1(database: String, username: String? = nil, password: String? = nil)
  /// InfluxDB 2.x, InfluxDB Cloud and VictoriaMetrics: `/api/v2/write?org=&bucket=`.
  case v2(organization: String, bucket: String, token: String)
  /// InfluxDB 3: `/api/v3/write_lp?db=`.
  case v3(database: String, token: String? = nil)
}

extension InfluxAPI {
  /// The value of the `Authorization` header; nil without credentials.
  var authorization: String? {
    switch self {
    case .v1(_, let username?, let password):
      "Basic " + Data("\(username):\(password ?? "")".utf8).base64EncodedString()
    case .v1: nil
    case .v2(_, _, let token): "Token \(token)"
    case .v3(_, let token): token.map { "Bearer \($0)" }
    }
  }
}
