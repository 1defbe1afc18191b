/// How long to wait before events are sent again.
enum RetryWait {
  private static let first = Duration.milliseconds(200)
  private static let longest = Duration.seconds(10)

  /// What the server asked for and a little spread; without a word from it, exponential with full
  /// jitter.
  ///
  /// - Parameter failures: how many have come before this one.
  static func duration(
    after asked: Duration?, failures: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    let share = Double.random(in: 0..<1, using: &generator)
    if let asked { return asked + .seconds(share) }
    return min(longest, first * (1 << min(failures, 10))) * share
  }
}
