/// How the mirror is.
public struct MirrorHealth: Sendable, Encodable, Equatable {
  public enum Status: String, Sendable, Encodable {
    case disabled, healthy, warning, unhealthy
  }

  public let status: Status
  public let pending: Int
  public let failed: Int
  /// What to look at.
  public let warnings: [String]
  /// What makes it unhealthy.
  public let problems: [String]

  /// Whether the answer is 200, not 503.
  public var isHealthy: Bool { status != .unhealthy }
}

extension MirrorHealth {
  /// Rows that wait longer than this although the mirror runs.
  private static let longestWait = Duration.seconds(900)

  static func judge(
    _ status: MirrorStatus, failingTables: [String], configuration: MirrorConfiguration
  ) -> MirrorHealth {
    let totals = status.totals
    guard status.enabled else {
      return MirrorHealth(
        status: .disabled, pending: totals.pending, failed: totals.failed, warnings: [],
        problems: [])
    }
    var warnings: [String] = []
    var problems: [String] = []
    switch status.state.kind {
    case .off, .running: break
    case .absent: problems.append("no process runs the mirror")
    case .starting: warnings.append("the mirror is starting")
    case .waiting: problems.append("the mirror waits: \(status.state.reason ?? "it cannot start")")
    }
    if totals.pending > configuration.pendingWarning {
      warnings.append("\(totals.pending) rows wait, more than \(configuration.pendingWarning)")
    }
    if totals.failed > configuration.failedAlert {
      problems.append("\(totals.failed) rows were given up, more than \(configuration.failedAlert)")
    }
    if !failingTables.isEmpty {
      problems.append("calls fail for " + failingTables.joined(separator: ", "))
    }
    let patience = max(Self.longestWait, configuration.interval * 10)
    if .seconds(status.oldestPendingSeconds) > patience {
      problems.append("the oldest row has waited for \(Int(status.oldestPendingSeconds)) s")
    }
    return MirrorHealth(
      status: !problems.isEmpty ? .unhealthy : warnings.isEmpty ? .healthy : .warning,
      pending: totals.pending, failed: totals.failed, warnings: warnings, problems: problems)
  }
}
