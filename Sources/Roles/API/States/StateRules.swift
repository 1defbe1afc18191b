public import Events

/// The thresholds that tell learners' states apart. `docs/classroom.md` explains the choice.
public struct StateRules: Sendable, Equatable {
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

  public static let standard = StateRules()

  public init() {}

  /// The state of a learner at `now`, the first that applies of: help, done, stuck by errors, idle,
  /// stuck by time, behind, on track.
  public func state(
    of learner: LearnerSituation, pace: ClassPace, at now: Timestamp
  ) -> (state: LearnerState, reason: StateReason) {
    let silence = now.seconds(since: learner.lastSeenAt)
    let isSilent = silence >= Double(idleSeconds)
    let hasSolvedAll = pace.requiredCells > 0 && learner.remainingCells == 0
    if let since = learner.helpSince {
      return (.help, StateReason(.askedForHelp, since: since))
    }
    if hasSolvedAll, learner.consecutiveErrors == 0, learner.notebookClosed || isSilent {
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
    if isSilent {
      return (.idle, StateReason(.noActivity, since: learner.lastSeenAt))
    }
    let solvedAt = learner.lastSuccessAt ?? learner.firstSeenAt
    let hasWorkLeft = !hasSolvedAll || learner.consecutiveErrors > 0
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
