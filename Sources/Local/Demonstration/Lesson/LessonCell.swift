/// A code cell that every learner of the lesson is to solve.
struct LessonCell: Sendable {
  let identifier: String
  /// What reading and typing take a typical learner, in seconds.
  let effort: Double
  /// The probability that a typical learner's try fails.
  let difficulty: Double
  /// What a run takes, typically.
  let milliseconds: Double
  /// The most likely first.
  let faults: [CellFault]

  init(
    _ identifier: String, effort: Double, difficulty: Double, milliseconds: Double = 12,
    _ faults: CellFault...
  ) {
    self.identifier = identifier
    self.effort = effort
    self.difficulty = difficulty
    self.milliseconds = milliseconds
    self.faults = faults
  }
}
