import NIOCore

/// How long to wait before trying again: exponential, with full jitter, so that many clients do not
/// come back in step
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
struct Backoff: Sendable {
  private let first: TimeAmount
  private let longest: TimeAmount
  private var failures = 0

  init(first: TimeAmount = .milliseconds(50), longest: TimeAmount = .seconds(1)) {
    self.first = first
    self.longest = longest
  }

  /// The upper bound of the next delay.
  var ceiling: TimeAmount {
    .nanoseconds(min(longest.nanoseconds, first.nanoseconds << Int64(min(failures, 20))))
  }

  mutating func nextDelay(using random: inout some RandomNumberGenerator) -> TimeAmount {
    defer { failures += 1 }
    return .nanoseconds(Int64.random(in: 0...ceiling.nanoseconds, using: &random))
  }

  mutating func nextDelay() -> TimeAmount {
    var random = SystemRandomNumberGenerator()
    return nextDelay(using: &random)
  }

  mutating func succeeded() { failures = 0 }
}
