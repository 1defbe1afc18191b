internal import Events

/// The time of an event's point.
enum PointTime {
  /// Nanoseconds since 1970: the event's time and, below its precision, an offset that comes from the
  /// event's id. Writing an event again overwrites its own point, while two events of one time (and
  /// the same tags) overwrite each other only once in a thousand, or once in a million where the time
  /// is given to the millisecond, as clocks of browsers do.
  ///
  /// - Returns: nil when the time lies outside what 64 bits can hold (years 1677 to 2262).
  static func nanoseconds(_ occurredAt: Timestamp, _ id: EventID) -> Int64? {
    let (product, overflow) = occurredAt.microseconds.multipliedReportingOverflow(by: 1000)
    let (sum, carry) = product.addingReportingOverflow(
      offset(of: id, below: occurredAt.microseconds % 1000 == 0 ? 1_000_000 : 1000))
    // The server keeps the two values at each end for itself.
    guard !overflow, !carry, sum > .min + 1, sum < .max - 1 else { return nil }
    return sum
  }

  /// Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): ids that count upwards spread as
  /// well as random ones.
  static func offset(of id: EventID, below bound: UInt64) -> Int64 {
    Int64((id.high ^ id.low) &* 0x9E37_79B9_7F4A_7C15 >> 32 % bound)
  }
}
