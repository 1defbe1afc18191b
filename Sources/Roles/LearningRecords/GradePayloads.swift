/// A column of a platform's gradebook, `application/vnd.ims.lis.v2.lineitem+json` (LTI Assignment and Grade Services 2.0, section 3.2).
public struct LineItem: Codable, Sendable, Equatable {
  /// Above 0.
  public let scoreMaximum: Double
  public let label: String
  /// Which exercise it is: the notebook's path, `#` and the exercise.
  public let resourceId: String
  public let tag: String

  public init(_ exercise: GradedExercise) {
    scoreMaximum = exercise.pointsPossible
    label = exercise.label
    resourceId = "\(exercise.notebook)#\(exercise.id)"
    tag = "progressbus"
  }
}

/// An exercise of a course that somebody had checked.
public struct GradedExercise: Sendable, Equatable {
  public let notebook: String
  public let id: String
  public let label: String
  /// The most that any check could give; 1 where none says, so that a pass is the whole.
  public let pointsPossible: Double

  public init(notebook: String, id: String, label: String?, pointsPossible: Double?) {
    self.notebook = notebook
    self.id = id
    // A platform refuses a column without a name.
    self.label = label.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil } ?? id
    self.pointsPossible = pointsPossible.flatMap { $0 > 0 ? $0 : nil } ?? 1
  }
}

/// What a learner has for an exercise, `application/vnd.ims.lis.v1.score+json` (same, section 3.4).
public struct ExerciseScore: Codable, Sendable, Equatable {
  public enum ActivityProgress: String, Codable, Sendable {
    case inProgress = "InProgress"
    case completed = "Completed"
  }

  public enum GradingProgress: String, Codable, Sendable {
    case fullyGraded = "FullyGraded"
  }

  public let userId: String
  /// From 0.
  public let scoreGiven: Double
  /// Above 0.
  public let scoreMaximum: Double
  public let activityProgress: ActivityProgress
  /// A check leaves nothing to be graded by hand. Platforms pass over what is not fully graded.
  public let gradingProgress: GradingProgress
  /// Of the last check: RFC 3339 with a fraction. A platform passes over what is older than what it has.
  public let timestamp: String

  /// - Parameters:
  ///   - points: of the last check; nil where it had none.
  ///   - passes: whether the last check passed.
  ///   - everPassed: whether any did.
  public init(
    student: String, of exercise: GradedExercise, points: Double?, pointsPossible: Double?,
    passes: Bool, everPassed: Bool, checkedAt: String
  ) {
    userId = student
    let possible = pointsPossible.flatMap { $0 > 0 ? $0 : nil } ?? exercise.pointsPossible
    scoreMaximum = possible
    scoreGiven = max(0, points ?? (passes ? possible : 0))
    activityProgress = everPassed ? .completed : .inProgress
    gradingProgress = .fullyGraded
    timestamp = checkedAt
  }
}
