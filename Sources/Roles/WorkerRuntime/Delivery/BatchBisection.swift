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

  /// What to do about a part that the sink answers with the same error again and again.
  enum Suspicion: Equatable, Sendable {
    /// Nothing yet: try it again.
    case none
    /// See whether the sink takes an event that it has stored before: if so, call `proved`; if there is no
    /// such event, `unproved`; if it is not taken, the sink is down.
    case wantsProof
    /// The sink takes others and not this event.
    case culprit(Culprit)
  }

  private struct Part {
    let range: Range<Int>
    var attempts: Int
    /// The last error that may lie in the part, and how often it came in a row.
    var answer = ""
    var repetitions = 0
    /// How often the sink took another event in between.
    var proofs = 0
  }

  /// Equal answers before a part is suspected.
  private static let patience = 3
  /// Proofs against a single event: of two servers behind one address, one may be ill.
  private static let sufficientProofs = 3
  /// Parts that are halved although nothing proves that the sink takes others: an outage in which every
  /// write is answered must not take batches apart to single events.
  private static let unprovedHalvings = 32

  /// The parts still to be written; the last is next.
  private var parts: [Part]
  private var unprovedHalvings = 0

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
    clear()
  }

  /// Time was up before `next` was stored: its halves may be quick enough.
  mutating func outOfTime() {
    unavailable()
    halve()
  }

  /// The sink refused `next` whole.
  ///
  /// - Returns: The event, when `next` was a single one.
  mutating func refused() -> Culprit? {
    parts[parts.count - 1].attempts += 1
    clear()
    return halve() ? nil : removeCulprit()
  }

  /// The sink answered `next` with an error that may lie in it.
  mutating func failed(_ answer: String) -> Suspicion {
    let last = parts.count - 1
    parts[last].attempts += 1
    if parts[last].answer != answer { clear() }
    parts[last].answer = answer
    parts[last].repetitions += 1
    guard parts[last].repetitions >= Self.patience else { return .none }
    guard parts[last].proofs >= Self.sufficientProofs else { return .wantsProof }
    return .culprit(removeCulprit())
  }

  /// The sink has just taken another event.
  mutating func proved() {
    if !halve() { parts[parts.count - 1].proofs += 1 }
  }

  /// Nobody knows whether the sink takes any event: others are tried before `next` is tried again.
  ///
  /// - Returns: false when the batch has no others.
  mutating func unproved() -> Bool {
    if unprovedHalvings < Self.unprovedHalvings, halve() {
      unprovedHalvings += 1
    } else {
      parts.insert(parts.removeLast(), at: 0)
    }
    return parts.count > 1
  }

  private mutating func clear() {
    let last = parts.count - 1
    (parts[last].answer, parts[last].repetitions, parts[last].proofs) = ("", 0, 0)
  }

  private mutating func removeCulprit() -> Culprit {
    let part = parts.removeLast()
    return Culprit(index: part.range.lowerBound, attempts: part.attempts)
  }

  /// The first half ends up on top: events are written in the order of the journal. One more equal answer
  /// makes a half as suspect as the whole was.
  @discardableResult
  private mutating func halve() -> Bool {
    guard let part = parts.last, part.range.count > 1 else { return false }
    parts.removeLast()
    let middle = part.range.lowerBound + part.range.count / 2
    for range in [middle..<part.range.upperBound, part.range.lowerBound..<middle] {
      parts.append(
        Part(
          range: range, attempts: part.attempts, answer: part.answer,
          repetitions: min(part.repetitions, Self.patience - 1)))
    }
    return true
  }
}
