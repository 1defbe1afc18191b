/// How long a row waits on the queue before its next attempt.
public enum QueueRetrySchedule {
  /// 1 s, doubled five times, then 32 s more each time, an hour at most.
  ///
  /// - Parameter attempts: how often the row has been tried, at least 1.
  public static func delay(afterAttempts attempts: Int) -> Duration {
    precondition(attempts > 0, "a row waits after an attempt")
    guard attempts > 6 else { return .seconds(1 << (attempts - 1)) }
    return .seconds(min(3_600, 32 * (attempts - 5)))
  }

  /// The least wait when a quota is used up.
  static let quotaDelay = Duration.seconds(600)
}
