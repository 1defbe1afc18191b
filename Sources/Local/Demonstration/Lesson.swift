/// A notebook that the class works on.
struct Lesson: Sendable {
  let title: String
  let cells: [LessonCell]
}

/// A code cell that every learner of the lesson is to solve.
struct LessonCell: Sendable {
  let identifier: String
  /// What reading and typing take a typical learner, in seconds.
  let effort: Double
  /// The probability that a typical learner's try fails.
  let difficulty: Double
  /// What a run takes, typically.
  let milliseconds: Double
  /// What the check of the answer is called, where the lesson checks one.
  let exercise: String?
  /// The most likely first.
  let faults: [CellFault]

  init(
    _ identifier: String, effort: Double, difficulty: Double, milliseconds: Double = 12,
    exercise: String? = nil, _ faults: CellFault...
  ) {
    self.identifier = identifier
    self.effort = effort
    self.difficulty = difficulty
    self.milliseconds = milliseconds
    self.exercise = exercise
    self.faults = faults
  }

  /// Whether a mistake in it makes a loop without end, which learners have to interrupt.
  var canRunForever: Bool { faults.contains(.interrupted) }
}

/// A mistake that learners make in a cell, as Python words it.
struct CellFault: Sendable, Equatable {
  static let interrupted = CellFault("KeyboardInterrupt", "")

  let errorName: String
  let message: String

  init(_ errorName: String, _ message: String) {
    self.errorName = errorName
    self.message = message
  }
}

/// Lessons one after another without end, in seconds since the first began. Each has a notebook of its
/// own, even when its contents come round again.
struct Timetable: Sendable {
  static let lessonSeconds = 45.0 * 60
  static let breakSeconds = 5.0 * 60

  let lessons: [Lesson]

  func lesson(_ number: Int) -> Lesson { lessons[number % lessons.count] }

  func notebookPath(_ number: Int) -> String {
    let place = number + 1
    return "lessons/\(place < 10 ? "0" : "")\(place)-\(lesson(number).title).ipynb"
  }

  func start(_ number: Int) -> Double { Double(number) * (Self.lessonSeconds + Self.breakSeconds) }

  func end(_ number: Int) -> Double { start(number) + Self.lessonSeconds }
}
