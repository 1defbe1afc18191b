/// How many rows a call takes.
enum BatchSize {
  /// BigQuery advises no more a call (https://cloud.google.com/bigquery/quotas#streaming_inserts).
  static let maximum = 500
  /// Longer than a queue of everyday length takes.
  private static let patience = Duration.seconds(1)

  /// The usual batch; the backlog's for a table whose queue a second of sending has not emptied. Ten
  /// calls of 100 rows a second would hold a long queue up, and a larger call costs BigQuery and its
  /// quotas hardly more than a small one.
  ///
  /// - Parameter sendingFor: how long the table's rows have been sent without a break.
  static func rows(usual: Int, backlog: Int, sendingFor duration: Duration) -> Int {
    duration < patience ? usual : max(usual, backlog)
  }
}
