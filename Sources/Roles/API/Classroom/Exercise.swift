import Events
import JSONText
import PostgresDriver

/// How far a learner is with an exercise: a row of `exercise_progress`.
struct ExerciseWork: Sendable {
  let learner: String
  let exercise: String
  let label: String?
  /// The cell of the last check.
  let cell: String?
  let cellIndex: Int?
  let attempts: Int
  /// Checks since the last that passed; 0 when the last passed.
  let failuresInARow: Int
  let failingSince: Timestamp?
  /// From 1; nil while no check has passed.
  let firstPassedAttempt: Int?
  let firstCheckedAt: Timestamp
  let lastCheckedAt: Timestamp
  /// Of the last check.
  let points: Double?
  let pointsPossible: Double?

  /// `$1` is the course, `$2` the notebook. By learner, then by exercise.
  static let statement = """
    select student_id, exercise_id, label, cell, cell_index, attempts, failures_in_a_row,
      \(RowReader.microseconds("failing_since")), first_passed_attempt,
      \(RowReader.microseconds("first_checked_at")), \(RowReader.microseconds("last_checked_at")),
      points, points_possible
    from exercise_progress
    where course_id = $1 and notebook_path = $2 and attempts > 0
    order by student_id, exercise_id
    """

  init(_ row: RowReader) throws(PostgresError) {
    learner = try row.text(0)
    exercise = try row.text(1)
    label = row.optionalText(2)
    cell = row.optionalText(3)
    cellIndex = try row.optionalInteger(4)
    attempts = try row.integer(5)
    failuresInARow = try row.integer(6)
    failingSince = try row.optionalMoment(7)
    firstPassedAttempt = try row.optionalInteger(8)
    firstCheckedAt = try row.moment(9)
    lastCheckedAt = try row.moment(10)
    points = try row.optionalDouble(11)
    pointsPossible = try row.optionalDouble(12)
  }

  var isSolved: Bool { firstPassedAttempt != nil }
  var isFailing: Bool { failuresInARow > 0 }
}

/// What checks say of a cell: where a learner's answer was checked, "solved" follows the check, not the run. The
/// page has the same rule (`cell-state.js`); one table of lessons holds both.
struct CheckedCell {
  private var isSolved = true
  private var isFailing = false

  /// Several exercises may be checked in one cell: it is solved when all of them are.
  mutating func add(_ work: ExerciseWork) {
    if !work.isSolved { isSolved = false }
    if work.isFailing { isFailing = true }
  }

  /// - Parameter failingRuns: errors since the last run of the cell without one.
  func state(failingRuns: Int32) -> CellState {
    guard isSolved else { return .failed }
    return isFailing || failingRuns > 0 ? .failedAgain : .solved
  }
}

/// An exercise of a notebook, over the class.
struct Exercise: Sendable {
  let id: String
  var label: String?
  var cell: String?
  var cellIndex: Int?
  var pointsPossible: Double?
  var firstCheckedAt: Timestamp
  /// Learners who had it checked.
  var tried = 0
  /// Those of them for whom a check has passed.
  var solved = 0
  /// Those whose last check did not pass.
  var failing = 0
  /// Which attempt was the first that passed, of each learner who solved it.
  private var passedAttempts: [Int] = []

  var medianAttempts: Double? {
    CellStatisticsAccumulator.percentile(0.5, of: passedAttempts.sorted().map(Double.init))
  }

  private init(_ work: ExerciseWork) {
    id = work.exercise
    firstCheckedAt = work.firstCheckedAt
  }

  /// The exercises in the notebook's order: by their cells' places as far as these are known, then as they
  /// were checked first.
  static func ofClass(_ work: [ExerciseWork]) -> [Exercise] {
    var exercises: [Exercise] = []
    var places: [ExactText: Int] = [:]
    // What is said of an exercise itself is what was said last.
    for item in work.sorted(by: { $0.lastCheckedAt < $1.lastCheckedAt }) {
      let key = ExactText(item.exercise)
      let place = places[key] ?? exercises.count
      if place == exercises.count {
        places[key] = place
        exercises.append(Exercise(item))
      }
      exercises[place].count(item)
    }
    return exercises.sorted { left, right in
      let indices = (left.cellIndex ?? .max, right.cellIndex ?? .max)
      if indices.0 != indices.1 { return indices.0 < indices.1 }
      if left.firstCheckedAt != right.firstCheckedAt {
        return left.firstCheckedAt < right.firstCheckedAt
      }
      return left.id.precedes(right.id)
    }
  }

  private mutating func count(_ work: ExerciseWork) {
    tried += 1
    if let attempt = work.firstPassedAttempt {
      solved += 1
      passedAttempts.append(attempt)
    }
    if work.isFailing { failing += 1 }
    firstCheckedAt = min(firstCheckedAt, work.firstCheckedAt)
    label = work.label ?? label
    cell = work.cell ?? cell
    cellIndex = work.cellIndex ?? cellIndex
    pointsPossible = work.pointsPossible ?? pointsPossible
  }
}

/// A wrong answer that several learners may have given. There are some only where the operator keeps learners'
/// work.
struct WrongAnswer: Sendable {
  let exercise: String
  let answer: String
  let learners: Int

  /// Of each exercise, the most common ones.
  static let shown = 3

  /// `$1` is the course, `$2` the notebook.
  static let statement = statement(where: "true")

  /// The same of the checks for which `condition` is true.
  static func statement(where condition: String) -> String {
    """
    select exercise_id, answer, learners
    from (
      select exercise_id, answer, count(distinct student_id) as learners,
        row_number() over (
          partition by exercise_id order by count(distinct student_id) desc, answer) as place
      from exercise_checks
      where course_id = $1 and notebook_path = $2 and answer is not null and not passed
        and \(condition)
      group by exercise_id, answer
    ) as counted
    where place <= \(shown)
    order by exercise_id, place
    """
  }

  init(_ row: RowReader) throws(PostgresError) {
    exercise = try row.text(0)
    answer = try row.text(1)
    learners = try row.integer(2)
  }
}
