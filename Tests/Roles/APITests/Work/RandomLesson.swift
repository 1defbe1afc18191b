import Events

/// Some learners at work in two notebooks, in an order of arrival that is not the order of events: late
/// ones, equal times, and repeated ones.
struct RandomLesson {
  private var random: SeededGenerator
  private var second = -3000.0
  private var held: [ClassroomEvent] = []
  private(set) var sent: [ClassroomEvent] = []

  init(seed: UInt64) { random = SeededGenerator(state: seed) }

  /// The next events to arrive.
  mutating func batch(_ count: Int) -> [ClassroomEvent] {
    var batch: [ClassroomEvent] = []
    for _ in 0..<count {
      let event = event()
      if chance(0.15) { held.append(event) } else { batch.append(event) }
      if chance(0.05), let again = sent.randomElement(using: &random) { batch.append(again) }
    }
    if chance(0.5) {
      batch += held
      held = []
    }
    sent += batch
    return batch.shuffled(using: &random)
  }

  private mutating func event() -> ClassroomEvent {
    // Sometimes several in one microsecond.
    if chance(0.8) { second += Double.random(in: 0.001...3, using: &random) }
    let student = "s\(Int.random(in: 0..<12, using: &random))"
    let notebook = chance(0.8) ? "n.ipynb" : "other.ipynb"
    if chance(0.12) {
      let kinds = ["help", "help_stop", "notebook_opened", "notebook_closed", "notebook_closed"]
      return ClassroomEvent(
        kinds.randomElement(using: &random) ?? "help", at: second, by: student, notebook: notebook)
    }
    let cell = Int.random(in: 0..<9, using: &random)
    let error = chance(0.4) ? ["KeyError", "NameError"].randomElement(using: &random) : nil
    var event = ClassroomEvent.run(
      "c\(cell)", at: second, by: student, error: error,
      milliseconds: Double(Int.random(in: 1...9000, using: &random)) / 8, index: cell,
      notebook: notebook)
    // Without an id a cell goes by its index.
    if cell == 7 { event.fields["cell_id"] = nil }
    return event
  }

  private mutating func chance(_ share: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < share
  }
}

/// SplitMix64, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
