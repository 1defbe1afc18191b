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
