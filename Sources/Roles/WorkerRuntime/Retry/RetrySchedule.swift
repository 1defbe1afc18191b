/// How long to wait before the next try: exponential backoff with full jitter
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
public struct RetrySchedule: Sendable, Equatable {
  /// The upper bound of the first wait; it doubles with each failure.
  public let base: Duration
  /// The highest upper bound.
  public let cap: Duration
  /// The longest wait that a server may ask for; longer ones count as this.
  public let longestRetryAfter: Duration

  public init(
    base: Duration = .milliseconds(100), cap: Duration = .seconds(5),
    longestRetryAfter: Duration = .seconds(300)
  ) {
    self.base = base
    self.cap = cap
    self.longestRetryAfter = longestRetryAfter
  }

  /// - Parameters:
  ///   - failures: How many tries have failed in a row, from 1.
  ///   - retryAfter: The least wait that the other side asked for.
  ///   - jitter: A random number in `0..<1`.
  public func delay(afterFailures failures: Int, retryAfter: Duration? = nil, jitter: Double)
    -> Duration
  {
    // 2^30 times any base is beyond every cap.
    let doublings = min(max(failures - 1, 0), 30)
    let bound = min(cap, base * (1 << doublings))
    guard let retryAfter, retryAfter > .zero else { return bound * jitter }
    // Nobody comes back earlier than asked, and not all at the same moment.
    return min(retryAfter, longestRetryAfter) + base * jitter
  }
}
