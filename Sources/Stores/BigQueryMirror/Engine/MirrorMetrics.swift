import Metrics
public import Observability

/// The mirror's metrics.
public enum MirrorMetrics {
  /// For the text of `/metrics`.
  public static let declarations: [MetricDeclaration] = [
    MetricDeclaration(
      name: "progressbus_bigquery_rows_total", kind: .counter,
      help: "Rows judged after an attempt, by table and outcome."),
    MetricDeclaration(
      name: "progressbus_bigquery_calls_total", kind: .counter,
      help: "insertAll calls, by table and outcome."),
    MetricDeclaration(
      name: "progressbus_bigquery_pending", kind: .gauge, help: "Rows on the queue, by table."),
    MetricDeclaration(
      name: "progressbus_bigquery_failed", kind: .gauge, help: "Rows given up, by table."),
    MetricDeclaration(
      name: "progressbus_bigquery_alerts_total", kind: .counter,
      help: "Warnings and alerts raised, by kind."),
    MetricDeclaration(
      name: "progressbus_bigquery_expired_total", kind: .counter,
      help: "Mirrored rows that retention deleted, by table."),
  ]

  static func count(_ tally: Tally, of table: String) {
    for (outcome, rows) in [
      ("synced", tally.synced), ("retried", tally.retried), ("failed", tally.failed),
    ] where rows > 0 {
      Counter(
        label: "progressbus_bigquery_rows_total",
        dimensions: [("table", table), ("outcome", outcome)]
      ).increment(by: rows)
    }
  }

  static func countCall(_ outcome: InsertAllOutcome, of table: String) {
    Counter(
      label: "progressbus_bigquery_calls_total",
      dimensions: [("table", table), ("outcome", outcome.label)]
    ).increment()
  }

  static func show(_ status: MirrorStatus) {
    for table in status.tables {
      let labels = [("table", table.sourceTable)]
      Meter(label: "progressbus_bigquery_pending", dimensions: labels).set(table.pending)
      Meter(label: "progressbus_bigquery_failed", dimensions: labels).set(table.failed)
    }
  }

  static func countAlert(_ kind: String) {
    Counter(label: "progressbus_bigquery_alerts_total", dimensions: [("kind", kind)]).increment()
  }

  static func countExpired(_ rows: Int, of table: String) {
    Counter(label: "progressbus_bigquery_expired_total", dimensions: [("table", table)])
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
