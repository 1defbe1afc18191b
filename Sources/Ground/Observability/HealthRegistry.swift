import Concurrency
public import Foundation

/// Named checks that together say whether the process is ready.
///
/// Each check has a deadline, and one that hangs is started again only after it has ended, however
/// often the report is asked for.
public actor HealthRegistry {
  public typealias Check = @Sendable () async -> HealthCheckResult

  private struct Registration {
    let isRequired: Bool
    let deadline: Duration
    let check: Check
  }

  private let clock: any Clock<Duration>
  private var registrations: [String: Registration] = [:]
  private let running = SingleFlight<String, HealthCheckResult, Never>()

  public init(clock: any Clock<Duration> = ContinuousClock()) {
    self.clock = clock
  }

  /// Adds a check, or replaces the one of that name.
  ///
  /// - Parameters:
  ///   - isRequired: Whether the process is `down` when this is; otherwise it is `degraded`.
  ///   - deadline: How long the check may take before it counts as down.
  public func register(
    _ name: String, isRequired: Bool, deadline: Duration = .seconds(2), check: @escaping Check
  ) {
    registrations[name] = Registration(isRequired: isRequired, deadline: deadline, check: check)
  }

  /// Runs every check at the same time.
  public func report() async -> HealthReport {
    let registrations = registrations
    let checks = await withTaskGroup(of: (String, HealthCheckResult).self) { group in
      for (name, registration) in registrations {
        group.addTask { (name, await self.result(of: name, registration)) }
      }
      var checks: [String: HealthCheckResult] = [:]
      for await (name, result) in group { checks[name] = result }
      return checks
    }
    return HealthReport(status: Self.status(of: checks, registrations), checks: checks)
  }

  private static func status(
    of checks: [String: HealthCheckResult], _ registrations: [String: Registration]
  ) -> HealthStatus {
    var worst = HealthStatus.ok
    for (name, result) in checks where result.status != .ok {
      if result.status == .down, registrations[name]?.isRequired == true { return .down }
      worst = .degraded
    }
    return worst
  }

  /// The first of the check's result and its deadline. The check is not awaited beyond that: it may
  /// not heed its cancellation.
  private func result(of name: String, _ registration: Registration) async -> HealthCheckResult {
    let check = running.call(for: name, registration.check)
    let (results, continuation) = AsyncStream.makeStream(
      of: HealthCheckResult.self, bufferingPolicy: .bufferingOldest(1))
    let relay = Task { continuation.yield(await check.value.get()) }
    let clock = clock
    let timer = Task {
      try await clock.sleep(for: registration.deadline)
      check.cancel()
      continuation.yield(HealthCheckResult(.down, detail: "no answer in \(registration.deadline)"))
    }
    defer {
      relay.cancel()
      timer.cancel()
    }
    for await result in results { return result }
    return HealthCheckResult(.down, detail: "cancelled")
  }
}

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

/// How well something does.
public enum HealthStatus: String, Sendable, Encodable {
  case ok
  /// Works, with something missing.
  case degraded
  /// Does not work.
  case down
}
