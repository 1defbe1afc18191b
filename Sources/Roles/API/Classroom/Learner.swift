import Events
import JSONText
import PostgresDriver

/// A learner of a course, as of a snapshot.
struct Learner: Sendable {
  private(set) var id: String
  private(set) var name: String?
  private(set) var team: String?
  let firstSeenAt: Timestamp
  private(set) var lastSeenAt: Timestamp
  let lastExecutedAt: Timestamp?
  let lastSuccessAt: Timestamp?
  let executions: Int
  let errors: Int
  private(set) var currentNotebook: String?
  let currentCell: String?
  let helpSince: Timestamp?
  let helpStoppedAt: Timestamp?
  /// Whether closing a notebook was the last that was heard.
  let notebookClosed: Bool
  /// How far the learner's clock was ahead when something was heard last; negative when it was behind, nil when
  /// it was right.
  let clockSkewSeconds: Int?

  // Of the current cell.
  var currentCellIndex: Int?
  var consecutiveErrors = 0
  var lastErrorName: String?
  /// The cell that is running now, and has for longer than a second.
  var running: RunningCell?

  // In the snapshot's notebook.
  /// Of its first cells, as many as an answer holds.
  var cellStates: [CellState] = []
  /// Errors in a row, one number for each failing cell.
  var failingStreaks: [Int] = []
  /// By exercise.
  private(set) var exercises: [ExerciseWork] = []
  /// The exercise that was checked last.
  var currentExercise: ExerciseWork? {
    exercises.max { left, right in
      left.lastCheckedAt == right.lastCheckedAt
        ? left.exercise.precedes(right.exercise) : left.lastCheckedAt < right.lastCheckedAt
    }
  }
  var solvedCells = 0
  var remainingCells = 0
  var state = LearnerState.onTrack
  var reason = StateReason(.onTrack)

  /// Reads a row of `ClassroomStatements.learners`.
  init(_ row: RowReader) throws(PostgresError) {
    id = try row.text(0)
    name = row.optionalText(1)
    team = row.optionalText(2)
    firstSeenAt = try row.moment(3)
    lastSeenAt = try row.moment(4)
    lastExecutedAt = try row.optionalMoment(5)
    lastSuccessAt = try row.optionalMoment(6)
    executions = try row.integer(7)
    errors = try row.integer(8)
    currentNotebook = row.optionalText(9)
    currentCell = row.optionalText(10)
    helpSince = try row.optionalMoment(11)
    helpStoppedAt = try row.optionalMoment(12)
    notebookClosed = try row.boolean(13)
    clockSkewSeconds = try row.optionalInteger(14)
  }

  var situation: LearnerSituation {
    var situation = LearnerSituation(firstSeenAt: firstSeenAt, lastSeenAt: lastSeenAt)
    situation.lastSuccessAt = lastSuccessAt
    situation.helpSince = helpSince
    situation.consecutiveErrors = consecutiveErrors
    situation.solvedCells = solvedCells
    situation.remainingCells = remainingCells
    situation.notebookClosed = notebookClosed
    situation.runningSince = running?.since
    if let current = currentExercise {
      situation.failedChecks = current.failuresInARow
      situation.failingSince = current.failingSince
      situation.lastCheckedAt = current.lastCheckedAt
    }
    return situation
  }

  /// Leaves nothing by which the learner is known but what they did.
  mutating func hideName(as pseudonym: String, _ redaction: NameRedaction) {
    id = pseudonym
    name = nil
    team = team.map(redaction.redacted)
    currentNotebook = currentNotebook.map(redaction.redacted)
    running?.hideName(as: pseudonym, redaction)
  }

  /// A check is heard of a learner, too.
  mutating func setExercises(_ exercises: [ExerciseWork]) {
    self.exercises = exercises
    for exercise in exercises { lastSeenAt = max(lastSeenAt, exercise.lastCheckedAt) }
  }

  /// Tells the streak on the current cell; the name of the error counts while it lasts.
  mutating func setStreak(_ consecutiveErrors: Int, cellIndex: Int?, errorName: String?) {
    self.consecutiveErrors = consecutiveErrors
    currentCellIndex = cellIndex
    lastErrorName = consecutiveErrors > 0 ? errorName : nil
  }
}
