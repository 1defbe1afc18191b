import Events
import SeededRandom

/// Some learners at work in two notebooks, in an order of arrival that is not the order of events: late
/// ones, equal times, and repeated ones.
struct RandomLesson {
  private var random: SeededGenerator
  private var second = -3000.0
  private var held: [ClassroomEvent] = []
  private(set) var sent: [ClassroomEvent] = []

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The next events to arrive.
  mutating func batch(_ count: Int) -> [ClassroomEvent] {
    var batch: [ClassroomEvent] = []
    for _ in 0..<count {
      var event = event()
      // Clocks of some learners are wrong for a while.
      if random.isTrue(probability: 0.2) {
        event = event.said(secondsAhead: [-500, 600].randomElement(using: &random) ?? 0)
      }
      if random.isTrue(probability: 0.15) { held.append(event) } else { batch.append(event) }
      if random.isTrue(probability: 0.05), let again = sent.randomElement(using: &random) {
        batch.append(again)
      }
    }
    if random.isTrue(probability: 0.5) {
      batch += held
      held = []
    }
    sent += batch
    return batch.shuffled(using: &random)
  }

  private mutating func event() -> ClassroomEvent {
    // Sometimes several in one microsecond.
    if random.isTrue(probability: 0.8) { second += Double.random(in: 0.001...3, using: &random) }
    let student = "s\(Int.random(in: 0..<12, using: &random))"
    let notebook = random.isTrue(probability: 0.8) ? "n.ipynb" : "other.ipynb"
    if random.isTrue(probability: 0.12) {
      let kinds = ["help", "help_stop", "notebook_opened", "notebook_closed", "notebook_closed"]
      return ClassroomEvent(
        kinds.randomElement(using: &random) ?? "help", at: second, by: student, notebook: notebook)
    }
    let cell = Int.random(in: 0..<9, using: &random)
    let error =
      random.isTrue(probability: 0.4)
      ? ["KeyError", "NameError"].randomElement(using: &random) : nil
    var event = ClassroomEvent.run(
      "c\(cell)", at: second, by: student, error: error,
      milliseconds: Double(Int.random(in: 1...9000, using: &random)) / 8, index: cell,
      notebook: notebook)
    // Without an id a cell goes by its index.
    if cell == 7 { event.fields["cell_id"] = nil }
    return event
  }
}
