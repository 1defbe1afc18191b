/// Finds the events that a sink refuses by halving, without input or output of its own.
///
/// Write `next`, report what came of it, and go on until `next` is nil. With n refused events among m
/// it takes O(n log m) writes, and each event is in exactly one write that succeeds, or is found.
struct BatchBisection: Sendable {
  /// An event that is refused even alone.
  struct Culprit: Equatable, Sendable {
    let index: Int
    /// The writes that it was part of.
    let attempts: Int
  }

  private struct Part {
    let range: Range<Int>
    var attempts: Int
  }

  /// The parts still to be written; the last is next.
  private var parts: [Part]

  /// - Parameter attempts: The writes that the events were part of before.
  init(count: Int, attempts: Int = 0) {
    parts = count > 0 ? [Part(range: 0..<count, attempts: attempts)] : []
  }

  /// What to write now; nil when all is settled.
  var next: Range<Int>? { parts.last?.range }

  /// The sink took `next`, or named the events in it that it refuses.
  ///
  /// - Returns: The writes that these events were part of.
  mutating func stored() -> Int {
    parts.removeLast().attempts + 1
  }

  /// The sink was out of reach: `next` stays the same.
  mutating func unavailable() {
    parts[parts.count - 1].attempts += 1
  }

  /// The sink refused `next` whole, and nothing of it was stored.
  ///
  /// - Returns: The event, when `next` was a single one.
  mutating func refused() -> Culprit? {
    let part = parts.removeLast()
    let attempts = part.attempts + 1
    guard part.range.count > 1 else {
      return Culprit(index: part.range.lowerBound, attempts: attempts)
    }
    let middle = part.range.lowerBound + part.range.count / 2
    // The first half ends up on top: events are written in the order of the journal.
    parts.append(Part(range: middle..<part.range.upperBound, attempts: attempts))
    parts.append(Part(range: part.range.lowerBound..<middle, attempts: attempts))
    return nil
  }
}
