public import Foundation

/// The body of `/health/ready`.
public struct HealthReport: Sendable, Equatable, Encodable {
  public let status: HealthStatus
  public let checks: [String: HealthCheckResult]

  /// Whether the process should get traffic: true unless something that it cannot do without is
  /// down. 200 or 503 on HTTP.
  public var isReady: Bool { status != .down }

  /// `{"checks":{name:{"detail":…,"status":…}},"status":…}`, keys in order.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
