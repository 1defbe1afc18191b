public import Events

/// An event as a learner's notebook sends it.
public struct SimulatedEvent: Sendable, Equatable, Encodable {
  public let eventID: EventID
  public let eventType: String
  public let occurredAt: Timestamp
  public let courseID: String
  public let studentID: String
  public let studentName: String
  public let team: String
  public let sessionID: String
  public let notebookPath: String
  /// Of `cell_executed` alone.
  public let execution: SimulatedExecution?
  /// Of `cell_started` alone.
  public let start: SimulatedStart?
  /// Of `exercise_checked` alone.
  public let check: SimulatedCheck?

  private enum CodingKeys: String, CodingKey {
    case eventID = "event_id"
    case eventType = "event_type"
    case occurredAt = "occurred_at"
    case courseID = "course_id"
    case studentID = "student_id"
    case studentName = "student_name"
    case team
    case sessionID = "session_id"
    case notebookPath = "notebook_path"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(eventID.description, forKey: .eventID)
    try container.encode(eventType, forKey: .eventType)
    try container.encode(occurredAt.description, forKey: .occurredAt)
    try container.encode(courseID, forKey: .courseID)
    try container.encode(studentID, forKey: .studentID)
    // The kind of a check has no field for it.
    if check == nil { try container.encode(studentName, forKey: .studentName) }
    try container.encode(team, forKey: .team)
    try container.encode(sessionID, forKey: .sessionID)
    try container.encode(notebookPath, forKey: .notebookPath)
    try execution?.encode(to: encoder)
    try start?.encode(to: encoder)
    try check?.encode(to: encoder)
  }
}

/// What is told of a cell that runs for long.
public struct SimulatedStart: Sendable, Equatable, Encodable {
  public let cellID: String
  /// From 0.
  public let cellIndex: Int

  private enum CodingKeys: String, CodingKey {
    case cellID = "cell_id"
    case cellIndex = "cell_index"
  }
}

/// What is told of an answer that was checked.
public struct SimulatedCheck: Sendable, Equatable, Encodable {
  public let cellID: String
  /// From 0.
  public let cellIndex: Int
  public let exerciseID: String
  public let label: String
  /// From 1.
  public let attempt: Int
  public let passed: Bool
  public let points: Double
  public let pointsPossible: Double

  private enum CodingKeys: String, CodingKey {
    case cellID = "cell_id"
    case cellIndex = "cell_index"
    case exerciseID = "exercise_id"
    case label, attempt, passed, points
    case pointsPossible = "points_possible"
  }
}

/// What is told of a cell that ran.
public struct SimulatedExecution: Sendable, Equatable, Encodable {
  public let cellID: String
  /// From 0.
  public let cellIndex: Int
  public let cellType = "code"
  public let executionCount: Int
  public let durationMilliseconds: Double
  public let hasError: Bool
  public let errorName: String?
  public let errorMessage: String?

  private enum CodingKeys: String, CodingKey {
    case cellID = "cell_id"
    case cellIndex = "cell_index"
    case cellType = "cell_type"
    case executionCount = "execution_count"
    case durationMilliseconds = "duration_ms"
    case hasError = "has_error"
    case errorName = "error_name"
    case errorMessage = "error_message"
  }
}
