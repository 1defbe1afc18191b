/// Keeps reads that bring little apart, without input or output of its own: an event after a pause is
/// read at once, and those that follow it fill a batch instead of making one each.
struct ReadPace: Equatable, Sendable {
  /// A read that brings as many is not kept waiting for more.
  static let enough = 100

  let interval: Duration
  private var earliest = Duration.zero

  init(interval: Duration) {
    self.interval = interval
  }

  /// How long the next read has to wait; nil when it may go ahead.
  func wait(at now: Duration) -> Duration? {
    now < earliest ? earliest - now : nil
  }

  /// What a read that has just come back brought.
  mutating func note(entries: Int, at now: Duration) {
    earliest = entries > 0 && entries < Self.enough ? now + interval : .zero
  }
}
