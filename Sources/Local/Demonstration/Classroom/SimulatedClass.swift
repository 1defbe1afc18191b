public import Events

/// A class that works through lesson after lesson, without end. No clock and no I/O: the same plan and
/// start make the same events, however they are asked for.
public struct SimulatedClass: Sendable {
  private let courseID: String
  private let startedAt: Timestamp
  private var learners: [SimulatedLearner]
  /// When each learner does the next thing, in seconds since the class began.
  private var nextTimes: [Double]
  private var staff: TeachingStaff

  /// - Parameter startedAt: when the first lesson began; in the past for a class in progress.
  public init(_ plan: ClassPlan, startedAt: Timestamp) {
    courseID = plan.courseID
    self.startedAt = startedAt
    let timetable = Timetable(lessons: PythonLessons.all)
    learners = (0..<plan.learners).map {
      SimulatedLearner(number: $0, seed: plan.seed, timetable: timetable)
    }
    nextTimes = learners.map(\.nextAt)
    staff = TeachingStaff(learners: plan.learners)
  }

  /// When the next event happens.
  public var nextEventAt: Timestamp { timestamp(nextTimes[nextLearner]) }

  /// What happens up to and including `moment`, in the order in which it happens; the first `limit`
  /// events of it.
  public mutating func events(through moment: Timestamp, limit: Int) -> [SimulatedEvent] {
    var events: [SimulatedEvent] = []
    while events.count < limit {
      let learner = nextLearner
      guard timestamp(nextTimes[learner]) <= moment else { break }
      events.append(
        learners[learner].act(course: courseID, startedAt: startedAt, staff: &staff))
      nextTimes[learner] = learners[learner].nextAt
    }
    return events
  }

  /// There are so few learners that looking at all of them costs less than keeping them in order.
  private var nextLearner: Int {
    var earliest = 0
    for learner in nextTimes.indices where nextTimes[learner] < nextTimes[earliest] {
      earliest = learner
    }
    return earliest
  }

  private func timestamp(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: startedAt.microseconds + Int64((seconds * 1_000_000).rounded()))
  }
}
