/// The waits between the tries of one call.
enum CallRetrySchedule {
  static let maximumTries = 3
  /// A server that asks for more gets it from the queue.
  private static let longestWait = Duration.seconds(10)

  /// Half a second, doubled after each try, of which the upper half is left to chance; a server's
  /// `Retry-After` goes before it.
  ///
  /// - Parameters:
  ///   - tries: how often the call has been tried, at least 1.
  ///   - chance: from 0 to 1.
  static func delay(afterTries tries: Int, retryAfter: Duration?, chance: Double) -> Duration {
    let backoff = Duration.milliseconds(500 << (tries - 1))
    let jittered = backoff * (0.5 + chance / 2)
    return min(max(jittered, retryAfter ?? .zero), longestWait)
  }
}
