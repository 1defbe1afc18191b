/// How long to wait before the next try: capped exponential backoff, with full jitter unless said
/// otherwise, so that many callers do not come back in step
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
///
/// A value that says how waits grow; whoever tries counts the failures, or lets `Retries` do it.
public struct Backoff: Sendable, Hashable {
  /// Which part of a wait is left to chance.
  public enum Jitter: Sendable, Hashable {
    /// From nothing to the upper bound.
    case full
    /// From half of the upper bound to the whole of it.
    case half
    /// The upper bound itself.
    case none
  }

  /// The upper bound of the first wait; it doubles with each failure.
  public let first: Duration
  /// The highest upper bound.
  public let longest: Duration
  /// How often the upper bound doubles; after that it grows by what it is then with each failure.
  public let doublings: Int
  public let jitter: Jitter
  /// The longest wait that a server may ask for; longer ones count as this.
  public let longestRetryAfter: Duration

  /// - Parameter doublings: In `0...30`. 2^30 times any first wait is beyond every longest one, so that
  ///   by default the growth has no other end than `longest`.
  public init(
    first: Duration, longest: Duration, doublings: Int = 30, jitter: Jitter = .full,
    longestRetryAfter: Duration = .seconds(300)
  ) {
    precondition((0...30).contains(doublings), "a wait doubles up to 30 times")
    self.first = first
    self.longest = longest
    self.doublings = doublings
    self.jitter = jitter
    self.longestRetryAfter = longestRetryAfter
  }

  /// The upper bound of the wait.
  ///
  /// - Parameter failures: How many tries have failed in a row, from 1; fewer count as 1.
  public func bound(afterFailures failures: Int) -> Duration {
    let steps = max(failures, 1) - 1
    let doubled = first * (1 << min(steps, doublings))
    // A million times anything doubled that often is beyond every longest wait, and no overflow.
    return min(longest, doubled * (1 + min(max(steps - doublings, 0), 1_000_000)))
  }

  /// The wait, when what is left to chance is `chance`.
  ///
  /// - Parameters:
  ///   - failures: How many tries have failed in a row, from 1.
  ///   - retryAfter: The least wait that the other side asked for.
  ///   - chance: A random number in `0..<1`.
  public func delay(
    afterFailures failures: Int, retryAfter: Duration? = nil, chance: Double
  ) -> Duration {
    guard let retryAfter, retryAfter > .zero else {
      return spread(bound(afterFailures: failures), chance)
    }
    // Nobody comes back earlier than asked, and not all at the same moment.
    return min(retryAfter, longestRetryAfter) + first * chance
  }

  public func delay(
    afterFailures failures: Int, retryAfter: Duration? = nil,
    using random: inout some RandomNumberGenerator
  ) -> Duration {
    delay(
      afterFailures: failures, retryAfter: retryAfter, chance: .random(in: 0..<1, using: &random))
  }

  public func delay(afterFailures failures: Int, retryAfter: Duration? = nil) -> Duration {
    delay(afterFailures: failures, retryAfter: retryAfter, chance: .random(in: 0..<1))
  }

  private func spread(_ bound: Duration, _ chance: Double) -> Duration {
    switch jitter {
    case .full: bound * chance
    case .half: bound * (0.5 + chance / 2)
    case .none: bound
    }
  }
}

/// The tries of one thing: counts the failures in a row and gives the wait behind each.
public struct Retries: Sendable {
  public let backoff: Backoff
  /// In a row.
  public private(set) var failures = 0

  public init(_ backoff: Backoff) {
    self.backoff = backoff
  }

  /// Counts a failure.
  ///
  /// - Parameter retryAfter: The least wait that the other side asked for.
  /// - Returns: how long to wait before the next try.
  public mutating func failed(retryAfter: Duration? = nil) -> Duration {
    failures += 1
    return backoff.delay(afterFailures: failures, retryAfter: retryAfter)
  }

  public mutating func succeeded() { failures = 0 }
}
