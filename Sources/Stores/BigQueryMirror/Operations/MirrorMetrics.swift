import CoreMetrics
import Observability

/// Counts and shows what the mirror does, in this process' metrics.
enum MirrorMetrics {
  static func count(_ counts: DeliveryCounts, of table: String) {
    for (outcome, rows) in [
      ("synced", counts.synced), ("retried", counts.retried), ("failed", counts.failed),
    ] where rows > 0 {
      ProgressBusMetric.bigQueryRows
        .counter([("table", table), ("outcome", outcome)], in: MetricsSystem.factory)
        .increment(by: rows)
    }
  }

  static func countCall(_ outcome: InsertAllOutcome, of table: String) {
    ProgressBusMetric.bigQueryCalls
      .counter([("table", table), ("outcome", outcome.label)], in: MetricsSystem.factory)
      .increment()
  }

  static func show(_ status: MirrorStatus) {
    for table in status.tables {
      let labels = [("table", table.sourceTable)]
      ProgressBusMetric.bigQueryPending.gauge(labels, in: MetricsSystem.factory)
        .set(table.pending)
      ProgressBusMetric.bigQueryFailed.gauge(labels, in: MetricsSystem.factory).set(table.failed)
    }
  }

  static func show(isRunning: Bool) {
    ProgressBusMetric.bigQueryRunning.gauge(in: MetricsSystem.factory).set(isRunning ? 1 : 0)
  }

  static func countAlert(_ kind: String) {
    ProgressBusMetric.bigQueryAlerts.counter([("kind", kind)], in: MetricsSystem.factory)
      .increment()
  }

  static func countExpired(_ rows: Int, of table: String) {
    ProgressBusMetric.bigQueryExpired.counter([("table", table)], in: MetricsSystem.factory)
      .increment(by: rows)
  }
}

extension InsertAllOutcome {
  /// A label with few values.
  fileprivate var label: String {
    switch self {
    case .answered(let faults): faults.isEmpty ? "accepted" : "partly_accepted"
    case .transient: "transient"
    case .quotaExceeded: "quota_exceeded"
    case .tooLarge: "too_large"
    case .malformed: "malformed"
    case .refused: "refused"
    case .interrupted: "interrupted"
    }
  }
}
