/// How many entries to ask for at a time, without input or output of its own: more while reads come
/// back full, because a large batch costs a sink less an event. The journal bounds the bytes.
struct ReadSize: Equatable, Sendable {
  /// What the first read asks for, and each that follows one with room left.
  static let initial = 1000
  /// The bytes at which a read stops, however small the events of the last one were; most are under
  /// 1 KiB. Each lane of each sink holds one read.
  static let bytes = 8 << 20
  /// The most entries that are taken over from another worker at once, where nothing but their number
  /// is bounded: 8 MiB of the largest events.
  static let takeover = 128

  private let maximum: Int
  private(set) var count: Int

  /// - Parameter maximum: at least 1.
  init(maximum: Int) {
    self.maximum = max(1, maximum)
    count = min(self.maximum, Self.initial)
  }

  /// What the last read brought.
  mutating func note(entries: Int) {
    guard entries > 0 else { return }
    count = min(entries >= count ? count * 2 : Self.initial, maximum)
  }
}

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
