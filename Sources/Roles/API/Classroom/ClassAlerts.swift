import Events
import JSONText

/// When a class needs its teacher as a whole: many learners fail at one cell, or at one exercise. The page has the
/// same rule (`class-alerts.js`); one table of cases and one of lessons hold both.
public struct ClassAlertRules: Sendable, Equatable {
  /// So many must fail at the least; 0 never alerts.
  public var learners = 5
  /// And this share of those who are at work.
  public var share = 0.3
  /// Who was not heard of for so long is not at work; and what failed before counts no longer.
  public var seconds = 600

  public static let standard = ClassAlertRules()

  public init() {}

  /// The alerts that stand at `now`, one a cause; the one that concerns most learners first.
  func alerts(_ learners: [LearnerAtWork], at now: Timestamp) -> [ClassAlert] {
    guard self.learners > 0 else { return [] }
    func isRecent(_ moment: Timestamp) -> Bool { now.seconds(since: moment) < Double(seconds) }
    var atWork = 0
    var causes: [ExactText: ClassAlert] = [:]
    for learner in learners where isRecent(learner.lastSeenAt) {
      let check = learner.lastCheck.flatMap { isRecent($0.at) ? $0 : nil }
      guard learner.lastRun != nil || check != nil else { continue }
      atWork += 1
      if let check, check.failed {
        let alert = ClassAlert(exercise: check.exercise, cell: check.cell, index: check.index)
        causes[alert.cause, default: alert].count(errorName: nil)
        // One cause: who fails the check of a cell is not counted for the cell as well.
        if let run = learner.lastRun, check.cell?.isSame(run.cell) ?? false { continue }
      }
      guard let run = learner.lastRun, run.failed, isRecent(run.at) else { continue }
      let alert = ClassAlert(exercise: nil, cell: run.cell, index: run.index)
      causes[alert.cause, default: alert].count(errorName: run.errorName)
    }
    // In whole percents: 0.55 of 100 learners is a little more than 55 in binary.
    let percent = Int((share * 100).rounded())
    let threshold = max(self.learners, (percent * atWork + 99) / 100)
    return causes.values.filter { $0.failing >= threshold }.map { $0.of(atWork) }
      .sorted(by: ClassAlert.precedes)
  }
}

/// A learner as the rule looks at one, in the class's notebook.
struct LearnerAtWork: Sendable {
  struct Run: Sendable {
    let cell: String
    let index: Int?
    let at: Timestamp
    let failed: Bool
    let errorName: String?
  }

  struct Check: Sendable {
    let exercise: String
    let cell: String?
    let index: Int?
    let at: Timestamp
    let failed: Bool
  }

  let lastSeenAt: Timestamp
  /// Of the cell that was run last, where that was in this notebook.
  var lastRun: Run?
  /// Of the exercise that was checked last.
  var lastCheck: Check?
}

extension LearnerAtWork {
  init(_ learner: Learner, notebook: String) {
    lastSeenAt = learner.lastSeenAt
    if learner.currentNotebook?.isSame(notebook) ?? false, let cell = learner.currentCell,
      let executedAt = learner.lastExecutedAt
    {
      lastRun = Run(
        cell: cell, index: learner.currentCellIndex, at: executedAt,
        failed: learner.consecutiveErrors > 0, errorName: learner.lastErrorName)
    }
    if let work = learner.currentExercise {
      lastCheck = Check(
        exercise: work.exercise, cell: work.cell, index: work.cellIndex, at: work.lastCheckedAt,
        failed: work.isFailing)
    }
  }
}

/// What many learners of a class fail at, now.
struct ClassAlert: Sendable {
  /// Nil for a cell that fails to run.
  let exercise: String?
  let cell: String?
  let index: Int?
  /// Learners who fail.
  private(set) var failing = 0
  /// Learners who are at work.
  private(set) var atWork = 0
  private var learnersByError: [ExactText: Int] = [:]

  init(exercise: String?, cell: String?, index: Int?) {
    self.exercise = exercise
    self.cell = cell
    self.index = index
  }

  /// What tells causes apart.
  var cause: ExactText { ExactText(exercise.map { "exercise \($0)" } ?? "cell \(cell ?? "")") }

  /// The most common error, and how many learners have it; of equally many the first by name.
  var commonError: (name: String, learners: Int)? {
    learnersByError.max { left, right in
      left.value == right.value
        ? right.key.text.precedes(left.key.text) : left.value < right.value
    }.map { ($0.key.text, $0.value) }
  }

  /// For people, as the page says it in English.
  ///
  /// - Parameter cellTitle: what the notebook's outline says of the cell; nil where it says nothing.
  func text(cellTitle: String? = nil) -> String {
    let place =
      cellTitle.map { "“\($0)”" } ?? index.map { "Cell \($0 + 1)" } ?? "cell \(cell ?? "")"
    let verb = failing == 1 ? ("does", "fails") : ("do", "fail")
    if let exercise {
      return "\(failing) of \(atWork) \(verb.0) not get \(exercise) right"
    }
    let error = commonError.map { ", mostly \($0.name)" } ?? ""
    return "\(failing) of \(atWork) \(verb.1) at \(place)\(error)"
  }

  mutating func count(errorName: String?) {
    failing += 1
    if let errorName { learnersByError[ExactText(errorName), default: 0] += 1 }
  }

  func of(_ atWork: Int) -> ClassAlert {
    var alert = self
    alert.atWork = atWork
    return alert
  }

  static func precedes(_ left: ClassAlert, _ right: ClassAlert) -> Bool {
    left.failing == right.failing
      ? left.cause.text.precedes(right.cause.text) : left.failing > right.failing
  }
}
