extension Duration {
  /// Whole nanoseconds, rounded towards zero; what an `Int64` cannot hold counts as the last that it
  /// can: 292 years.
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, beyond) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return beyond ? (seconds < 0 ? .min : .max) : sum
  }

  /// Whole milliseconds, rounded towards zero, for durations below 292 million years.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }

  /// Whole milliseconds, rounded up so that a short wait is not none at all, for durations below 292
  /// million years.
  public var millisecondsRoundedUp: Int {
    let (seconds, attoseconds) = components
    let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
    return Int(seconds * 1_000 + whole + (rest > 0 ? 1 : 0))
  }
}
