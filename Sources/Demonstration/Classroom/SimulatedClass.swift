public import Events

/// A class that works through lesson after lesson, without end. No clock and no I/O: the same plan and
/// start make the same events, however they are asked for.
public struct SimulatedClass: Sendable {
  private let courseID: String
  private let startedAt: Timestamp
  private var learners: [SimulatedLearner]
  private var staff: TeachingStaff

  /// - Parameter startedAt: when the first lesson began; in the past for a class in progress.
  public init(_ plan: ClassPlan, startedAt: Timestamp) {
    courseID = plan.courseID
    self.startedAt = startedAt
    let timetable = Timetable(lessons: PythonLessons.all)
    learners = (0..<plan.learners).map {
      SimulatedLearner(number: $0, seed: plan.seed, timetable: timetable)
    }
    staff = TeachingStaff(learners: plan.learners)
  }

  /// When the next event happens.
  public var nextEventAt: Timestamp { time(of: learners[nextLearner]) }

  /// What happens up to and including `moment`, in the order in which it happens; the first `limit`
  /// events of it.
  public mutating func events(through moment: Timestamp, limit: Int) -> [SimulatedEvent] {
    var events: [SimulatedEvent] = []
    while events.count < limit {
      let learner = nextLearner
      guard time(of: learners[learner]) <= moment else { break }
      events.append(
        learners[learner].act(course: courseID, startedAt: startedAt, staff: &staff))
    }
    return events
  }

  /// There are so few learners that looking at all of them costs less than keeping them in order.
  private var nextLearner: Int {
    learners.indices.min { learners[$0].nextAt < learners[$1].nextAt } ?? 0
  }

  private func time(of learner: SimulatedLearner) -> Timestamp {
    Timestamp(
      microseconds: startedAt.microseconds + Int64((learner.nextAt * 1_000_000).rounded()))
  }
}
