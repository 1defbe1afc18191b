/// Whether a table's rows should be sent now.
enum DispatchRule {
  /// Yes when a batch is full, when a row has waited for the interval, or when a row is due for another
  /// try.
  static func isDue(_ readiness: TableReadiness, batchSize: Int, interval: Duration) -> Bool {
    readiness.rowCount >= batchSize || readiness.waited >= interval || readiness.hasTriedRows
  }
}
