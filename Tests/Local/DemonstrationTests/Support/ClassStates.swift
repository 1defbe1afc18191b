import API
import Demonstration
import Events

/// How many learners are in which state, worked out from their events by the dashboard's rule.
enum ClassStates {
  static func count(_ events: [SimulatedEvent], at now: Timestamp) -> [LearnerState: Int] {
    let stories = Dictionary(grouping: events, by: \.studentID).values
    let solved = stories.map(solvedCells)
    let cells = Set(events.compactMap(\.execution?.cellIndex))
    let required = cells.filter { cell in
      let reached = stories.count { $0.contains { $0.execution?.cellIndex == cell } }
      return Double(reached) >= LearnerStateRules.standard.requiredShare * Double(stories.count)
    }
    let sorted = solved.map(\.count).sorted()
    let pace = ClassPace(
      medianSolved: Double(sorted[sorted.count / 2]), requiredCells: required.count)
    var states: [LearnerState: Int] = [:]
    for (story, solved) in zip(stories, solved) {
      var learner = situation(story)
      learner.solvedCells = solved.count
      learner.remainingCells = required.subtracting(solved).count
      let found = LearnerStateRules.standard.state(of: learner, pace: pace, at: now)
      states[found.state, default: 0] += 1
    }
    return states
  }

  private static func solvedCells(_ story: [SimulatedEvent]) -> Set<Int> {
    let checked = Set(story.compactMap(\.check?.cellIndex))
    let ran = story.compactMap(\.execution).filter { !$0.hasError }.map(\.cellIndex)
    let passed = story.compactMap(\.check).filter(\.passed).map(\.cellIndex)
    return Set(ran).subtracting(checked).union(passed)
  }

  private static func situation(_ story: [SimulatedEvent]) -> LearnerSituation {
    var learner = LearnerSituation(
      firstSeenAt: story[0].occurredAt, lastSeenAt: story[story.count - 1].occurredAt)
    learner.notebookClosed = story.last?.eventType == "notebook_closed"
    var streaks: [Int: Int] = [:]
    var exercise: String?
    for event in story {
      if event.eventType == "help" { learner.helpSince = event.occurredAt }
      if event.eventType == "help_stop" { learner.helpSince = nil }
      if event.start != nil { learner.runningSince = event.occurredAt }
      if event.eventType == "kernel_died" { learner.runningSince = nil }
      if let check = event.check {
        if check.exerciseID != exercise { learner.failedChecks = 0 }
        exercise = check.exerciseID
        learner.failedChecks = check.passed ? 0 : learner.failedChecks + 1
        learner.lastCheckedAt = event.occurredAt
      }
      guard let execution = event.execution else { continue }
      learner.runningSince = nil
      streaks[execution.cellIndex] =
        execution.hasError ? streaks[execution.cellIndex, default: 0] + 1 : 0
      learner.consecutiveErrors = streaks[execution.cellIndex, default: 0]
      if !execution.hasError { learner.lastSuccessAt = event.occurredAt }
    }
    return learner
  }
}
