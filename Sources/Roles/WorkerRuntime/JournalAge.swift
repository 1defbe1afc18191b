import EventBus

/// Knows what has been in the journal for longer than the retention, without input or output of its own,
/// by when this process saw it there.
///
/// A position tells its entry's age only as long as the clock of Redis goes right. One that was far ahead
/// once goes on counting from there: every later entry then seems to come from that future.
struct JournalAge: Sendable {
  /// Moments that are remembered at most.
  private static let samples = 64

  private let retention: Duration
  private var seen: [(at: Duration, last: StreamID)] = []
  /// The newest entry that has been there for the retention; it and all before it have expired.
  private(set) var expired: StreamID?

  init(retention: Duration) {
    self.retention = retention
  }

  /// - Parameters:
  ///   - last: The newest position that the journal has given out.
  ///   - now: Since some moment in the past; never goes back.
  mutating func note(last: StreamID, at now: Duration) {
    if let newest = seen.last?.last ?? expired, last < newest {
      // Another journal: the bus has lost its data.
      seen = []
      expired = nil
    }
    if seen.last.map({ now - $0.at >= retention / Self.samples }) ?? true {
      seen.append((now, last))
    }
    let count = seen.prefix { now - $0.at >= retention }.count
    if count > 0 { expired = seen[count - 1].last }
    seen.removeFirst(count)
  }
}
