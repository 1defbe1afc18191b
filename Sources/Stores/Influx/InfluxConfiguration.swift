internal import Foundation

/// Where and how points are written. Descriptions show no secret.
public struct InfluxConfiguration: Sendable, Equatable {
  public static let defaultLinesPerRequest = 5000

  /// The server's address, without a trailing slash.
  public let url: String
  public let api: InfluxAPI
  /// The most lines in one request. InfluxData advises 5,000 to 10,000.
  public var linesPerRequest = defaultLinesPerRequest
  /// Bodies of this many bytes or more are sent compressed: below, it saves no packet.
  public var compressionThreshold = 1400
  /// How long one request may take.
  public var timeout = Duration.seconds(30)

  /// - Throws: `InfluxConfigurationError` that names the setting.
  public init(url: String, api: InfluxAPI) throws(InfluxConfigurationError) {
    self.url = try Self.checked(url)
    self.api = api
  }

  /// Chooses the API by what is set: a bucket means 2.x, a database with a token 3, a database
  /// alone (or with a user) 1.x. Empty settings count as not set.
  ///
  /// - Throws: `InfluxConfigurationError` that names the setting that is missing or contradicts.
  public init(
    url: String, token: String? = nil, organization: String? = nil, bucket: String? = nil,
    database: String? = nil, username: String? = nil, password: String? = nil
  ) throws(InfluxConfigurationError) {
    func set(_ value: String?) -> String? { value.flatMap { $0.isEmpty ? nil : $0 } }
    switch (set(bucket), set(database)) {
    case (let bucket?, nil):
      guard let token = set(token) else {
        throw InfluxConfigurationError(
          setting: "INFLUXDB_TOKEN", problem: "is required with INFLUXDB_BUCKET")
      }
      guard let organization = set(organization) else {
        throw InfluxConfigurationError(
          setting: "INFLUXDB_ORG", problem: "is required with INFLUXDB_BUCKET")
      }
      try self.init(
        url: url, api: .v2(organization: organization, bucket: bucket, token: token))
    case (nil, let database?):
      if let token = set(token) {
        try self.init(url: url, api: .v3(database: database, token: token))
      } else {
        try self.init(
          url: url,
          api: .v1(database: database, username: set(username), password: set(password)))
      }
    case (.some, .some):
      throw InfluxConfigurationError(
        setting: "INFLUXDB_DATABASE", problem: "cannot be set together with INFLUXDB_BUCKET")
    case (nil, nil):
      throw InfluxConfigurationError(
        setting: "INFLUXDB_DATABASE", problem: "or INFLUXDB_BUCKET is required")
    }
  }

  private static func checked(_ url: String) throws(InfluxConfigurationError) -> String {
    func invalid(_ problem: String) -> InfluxConfigurationError {
      InfluxConfigurationError(setting: "INFLUXDB_URL", problem: problem)
    }
    guard let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) })
    else { throw invalid("must begin with http:// or https://") }
    let rest = url.dropFirst(scheme.count)
    guard let first = rest.first, first != "/" else { throw invalid("names no host") }
    guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw invalid("holds a character that a URL may not")
    }
    guard !rest.contains(where: { "?#@".contains($0) }) else {
      throw invalid("may hold no user, no query and no fragment")
    }
    return String(url.reversed().drop { $0 == "/" }.reversed())
  }
}

extension InfluxConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String {
    switch api {
    case .v1(let database, _, _): "InfluxDB 1.x at \(url), database \(database)"
    case .v2(let organization, let bucket, _):
      "InfluxDB 2.x at \(url), organization \(organization), bucket \(bucket)"
    case .v3(let database, _): "InfluxDB 3 at \(url), database \(database)"
    }
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["server": description]) }
}

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

/// A setting that InfluxDB cannot be reached with.
public struct InfluxConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The setting's name in the environment.
  public let setting: String
  /// What is wrong with it; never its value.
  public let problem: String

  public init(setting: String, problem: String) {
    self.setting = setting
    self.problem = problem
  }

  public var description: String { "\(setting) \(problem)" }
}
