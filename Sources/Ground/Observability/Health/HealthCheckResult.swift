/// What a check found.
public struct HealthCheckResult: Sendable, Equatable, Encodable {
  public let status: HealthStatus
  /// What an operator should know, without secrets; nil when all is said.
  public let detail: String?

  public init(_ status: HealthStatus, detail: String? = nil) {
    self.status = status
    self.detail = detail
  }
}
