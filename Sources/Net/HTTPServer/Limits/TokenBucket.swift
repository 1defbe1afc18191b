import HTTPTypes
public import NIOCore
import Synchronization

/// How much may come: so much a second in the long run, so much at once after a rest.
public struct RateLimit: Sendable, Equatable {
  public let perSecond: Int
  /// Nanoseconds that one unit takes to come back.
  let interval: Int64
  /// Nanoseconds until an empty bucket is full.
  let timeToFill: Int64

  /// - Parameters:
  ///   - perSecond: 1 to 1,000,000, or 0 for no limit: nil.
  ///   - burst: at least 1.
  public init?(perSecond: Int, burst: Int) {
    guard perSecond > 0 else { return nil }
    self.perSecond = perSecond
    interval = max(1, 1_000_000_000 / Int64(perSecond))
    timeToFill = interval * Int64(max(1, burst))
  }

  /// One that is slower than one a second.
  ///
  /// - Parameter interval: until one unit comes back.
  public init(interval: TimeAmount, burst: Int) {
    perSecond = 0
    self.interval = interval.nanoseconds
    timeToFill = interval.nanoseconds * Int64(burst)
  }
}

/// What one client may still send. Kept as the moment at which it will be full again, so that it needs one number,
/// and nobody to fill it (the generic cell rate algorithm, ITU-T I.371). Any thread; no lock.
///
/// Whoever finds at least one unit in it is let in and takes as much as it needs, even more than there is: a batch of
/// 1,000 events costs 1,000, is never cut, and is never too large for a small bucket. What is owed is waited for.
public final class TokenBucket: Sendable {
  let limit: RateLimit
  /// Nanoseconds of `NIODeadline`.
  private let fullAt: Atomic<Int64>

  public init(_ limit: RateLimit) {
    self.limit = limit
    fullAt = Atomic(.min)
  }

  /// How long to wait until one unit is there, in nanoseconds; 0 when one is.
  public func wait(now: NIODeadline) -> Int64 {
    let fullAt = fullAt.load(ordering: .relaxed)
    let now = Int64(now.uptimeNanoseconds)
    guard fullAt > now else { return 0 }
    return max(0, fullAt - now + limit.interval - limit.timeToFill)
  }

  /// Takes units out, whether they are there or not.
  public func take(_ units: Int, now: NIODeadline) {
    let now = Int64(now.uptimeNanoseconds)
    let cost = limit.interval * Int64(min(units, 1_000_000))
    var expected = fullAt.load(ordering: .relaxed)
    while true {
      // Far from where sums overflow, whatever is owed.
      let desired = min(max(expected, now) + cost, .max / 2)
      let (isExchanged, original) = fullAt.weakCompareExchange(
        expected: expected, desired: desired, ordering: .relaxed)
      if isExchanged { return }
      expected = original
    }
  }

  /// Whether it tells no more than a new one would.
  func isFull(now: NIODeadline) -> Bool {
    fullAt.load(ordering: .relaxed) <= Int64(now.uptimeNanoseconds)
  }
}

extension Problem {
  /// RFC 6585, section 4.
  ///
  /// - Parameter wait: nanoseconds until it is worth while to ask again.
  public static func tooMany(_ detail: String, wait: Int64) -> Problem {
    // Rounded up: whoever comes back at that time finds a unit.
    let seconds = max(1, (wait + 999_999_999) / 1_000_000_000)
    return Problem(status: .tooManyRequests, detail: detail, retryAfter: Int(seconds))
  }
}
