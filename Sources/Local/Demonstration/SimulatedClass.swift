public import Events
internal import SeededRandom

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

/// Which class is simulated.
public struct ClassPlan: Sendable {
  /// How many learners a class can have.
  public static let learnerRange = 1...LearnerNames.count

  /// How far a class should be when it is first seen, in minutes: far enough for learners to be ahead,
  /// behind and stuck.
  public static let minutesTaughtBefore: Int64 = 24
  /// A class that has learners in every state at that moment.
  public static let defaultSeed: UInt64 = 27

  public let courseID: String
  public let learners: Int
  /// The same seed makes the same class.
  public let seed: UInt64

  /// - Precondition: `learners` is in `learnerRange`.
  public init(courseID: String, learners: Int, seed: UInt64) {
    precondition(Self.learnerRange.contains(learners), "\(learners) is no size of a class")
    self.courseID = courseID
    self.learners = learners
    self.seed = seed
  }
}

/// The teachers, who go to whoever asked first.
struct TeachingStaff: Sendable {
  /// Seconds since the class began, one for each teacher.
  private var freeAt: [Double]

  /// - Parameter learners: a teacher cares for twenty.
  init(learners: Int) {
    freeAt = Array(repeating: 0, count: (learners + 19) / 20)
  }

  /// Requests must come in the order of their time.
  ///
  /// - Returns: when the learner has been helped.
  mutating func help(requestedAt: Double, generator: inout SeededGenerator) -> Double {
    let teacher = freeAt.indices.min { freeAt[$0] < freeAt[$1] } ?? 0
    let arrival = max(requestedAt, freeAt[teacher]) + generator.number(in: 20...60)
    let departure = arrival + generator.number(in: 40...150)
    freeAt[teacher] = departure
    return departure
  }
}
