public import Events

/// The thresholds that tell learners' states apart. `docs/classroom.md` explains the choice.
public struct LearnerStateRules: Sendable, Equatable {
  /// Silence that makes a learner idle.
  public var idleSeconds = 300
  /// Errors in a row on the current cell that make a learner stuck.
  public var stuckErrors = 3
  /// Time without a run without error that makes an active learner stuck.
  public var stuckSeconds = 300
  /// Silence after which errors in a row no longer count: the learner has left.
  public var stuckFadesSeconds = 1800
  /// A learner with fewer solved cells than this share of the class's median is behind.
  public var behindRatio = 0.5
  /// Below this median nobody is behind: a class that has just begun has no pace yet.
  public var behindMinimumMedian = 4.0
  /// Cells that this share of the notebook's learners have run are required. It leaves out the cells
  /// that single learners add.
  public var requiredShare = 0.1

  public static let standard = LearnerStateRules()

  public init() {}

  /// The state of a learner at `now`, the first that applies of: help, done, stuck by errors, stuck at an exercise,
  /// stuck in a run, idle, stuck by time, behind, on track.
  public func state(
    of learner: LearnerSituation, pace: ClassPace, at now: Timestamp
  ) -> (state: LearnerState, reason: StateReason) {
    let silence = now.seconds(since: learner.lastSeenAt)
    // Of a kernel that went away in the middle of a run nobody tells; after a while it is not believed any more.
    let run = learner.runningSince.map { now.seconds(since: $0) }
      .flatMap { $0 < Double(stuckFadesSeconds) ? $0 : nil }
    let isSilent = silence >= Double(idleSeconds) && run == nil
    let hasSolvedAll = pace.requiredCells > 0 && learner.remainingCells == 0
    if let since = learner.helpSince {
      return (.help, StateReason(.askedForHelp, since: since))
    }
    let fails = learner.consecutiveErrors > 0 || learner.failedChecks > 0
    if hasSolvedAll, !fails, learner.notebookClosed || isSilent {
      return (
        .done, StateReason(.allSolved, since: learner.lastSuccessAt, count: learner.solvedCells)
      )
    }
    if learner.consecutiveErrors >= stuckErrors, silence < Double(stuckFadesSeconds) {
      return (
        .stuck,
        StateReason(
          .errorsInARow, since: learner.lastSuccessAt ?? learner.firstSeenAt,
          count: learner.consecutiveErrors)
      )
    }
    // Between two checks a learner works in other cells, so these runs say nothing about the exercise; the last
    // check does.
    if learner.failedChecks >= stuckErrors, let checkedAt = learner.lastCheckedAt,
      now.seconds(since: checkedAt) < Double(stuckFadesSeconds)
    {
      return (
        .stuck,
        StateReason(.checksFailed, since: learner.failingSince, count: learner.failedChecks)
      )
    }
    if let run, run >= Double(stuckSeconds) {
      return (.stuck, StateReason(.running, since: learner.runningSince))
    }
    if isSilent {
      return (.idle, StateReason(.noActivity, since: learner.lastSeenAt))
    }
    let solvedAt = learner.lastSuccessAt ?? learner.firstSeenAt
    let hasWorkLeft = !hasSolvedAll || fails
    if hasWorkLeft, now.seconds(since: solvedAt) >= Double(stuckSeconds) {
      return (.stuck, StateReason(.nothingSolved, since: solvedAt))
    }
    if pace.medianSolved >= behindMinimumMedian,
      Double(learner.solvedCells) < pace.medianSolved * behindRatio
    {
      return (.behind, StateReason(.fewSolved, count: learner.solvedCells))
    }
    return (.onTrack, StateReason(.onTrack))
  }
}

extension Timestamp {
  /// Negative when `earlier` is later, as clocks of learners' machines can be.
  func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds - earlier.microseconds) / 1_000_000
  }
}

/// How a learner is doing.
public enum LearnerState: String, Sendable, CaseIterable {
  case onTrack = "on_track"
  case behind
  case stuck
  case help
  case idle
  case done
}

/// What is known of a learner when the state is told.
public struct LearnerSituation: Sendable, Equatable {
  public var firstSeenAt: Timestamp
  public var lastSeenAt: Timestamp
  /// The last run of any cell without error.
  public var lastSuccessAt: Timestamp?
  /// When the run began that has not ended yet.
  public var runningSince: Timestamp?
  /// When the request for help that stands began.
  public var helpSince: Timestamp?
  /// On the cell that ran last.
  public var consecutiveErrors = 0
  /// Checks in a row that did not pass, of the exercise that was checked last.
  public var failedChecks = 0
  /// When the first of these was.
  public var failingSince: Timestamp?
  /// The last check of that exercise.
  public var lastCheckedAt: Timestamp?
  public var solvedCells = 0
  /// The notebook's required cells that the learner has not solved yet.
  public var remainingCells = 0
  /// Whether closing the notebook was the last that was heard.
  public var notebookClosed = false

  public init(firstSeenAt: Timestamp, lastSeenAt: Timestamp) {
    self.firstSeenAt = firstSeenAt
    self.lastSeenAt = lastSeenAt
  }
}

/// How far the class is in a notebook.
public struct ClassPace: Sendable, Equatable {
  /// Solved cells, the median of the learners who ran a cell of the notebook.
  public let medianSolved: Double
  /// The cells that enough learners have run to belong to the notebook, not to one learner.
  public let requiredCells: Int

  public init(medianSolved: Double, requiredCells: Int) {
    self.medianSolved = medianSolved
    self.requiredCells = requiredCells
  }
}

/// Why a learner is in a state.
public struct StateReason: Sendable, Equatable {
  public enum Code: String, Sendable, CaseIterable {
    case onTrack = "on_track"
    case fewSolved = "few_solved"
    case errorsInARow = "errors_in_a_row"
    case checksFailed = "checks_failed"
    case running
    case nothingSolved = "nothing_solved"
    case askedForHelp = "asked_for_help"
    case noActivity = "no_activity"
    case allSolved = "all_solved"
  }

  public let code: Code
  /// When that began, where it is known.
  public let since: Timestamp?
  /// Errors or failed checks in a row, or solved cells.
  public let count: Int?

  public init(_ code: Code, since: Timestamp? = nil, count: Int? = nil) {
    self.code = code
    self.since = since
    self.count = count
  }
}
