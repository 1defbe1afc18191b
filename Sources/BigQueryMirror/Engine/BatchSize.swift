/// How many rows a call takes.
enum BatchSize {
  /// BigQuery advises no more a call (https://cloud.google.com/bigquery/quotas#streaming_inserts).
  static let maximum = 500
  private static let batchesInOneCall = 5

  /// A batch, or several at once while it is the number of calls a second that holds the queue up: a
  /// larger call costs BigQuery and its quota no more than a small one.
  static func rows(batchSize: Int, isHeldBack: Bool) -> Int {
    isHeldBack ? min(batchSize * batchesInOneCall, maximum) : batchSize
  }
}
