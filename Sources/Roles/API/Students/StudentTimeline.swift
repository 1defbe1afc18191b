import Events
import JSONText
import PostgresDriver

/// An event of a learner's timeline, without the learner's code and its output.
struct TimelineEvent {
  let id: String
  /// By the sender's clock.
  private let occurredAt: Timestamp
  /// By the server's, where the sender's was wrong.
  private let correctedAt: Timestamp?
  private let eventType: String
  private let course: String
  private let notebook: String
  private let session: String?
  private let cellID: String?
  private let cellIndex: Int?
  private let cellType: String?
  private let executionCount: Int?
  private let hasError: Bool?
  private let errorName: String?
  private let errorMessage: String?
  private let durationMilliseconds: Double?

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.value("id")
    occurredAt = try row.value("at")
    correctedAt = try row.optional("corrected")
    eventType = try row.value("type")
    course = try row.value("course")
    notebook = try row.value("notebook")
    session = try row.optional("session")
    cellID = try row.optional("cell")
    cellIndex = try row.optional("cell_index")
    cellType = try row.optional("cell_type")
    executionCount = try row.optional("execution")
    hasError = try row.optional("failed")
    errorName = try row.optional("error_name")
    errorMessage = try row.optional("error_message")
    durationMilliseconds = try row.optional("duration")
  }

  /// What a timeline is in the order of.
  var moment: Timestamp { correctedAt ?? occurredAt }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("event_id", id)
      json.member("event_type", eventType)
      json.member("occurred_at", occurredAt)
      json.member("corrected_at", correctedAt)
      json.member("course_id", course)
      json.member("notebook_path", notebook)
      json.member("session_id", session)
      json.member("cell_id", cellID)
      json.member("cell_index", cellIndex)
      json.member("cell_type", cellType)
      json.member("execution_count", executionCount)
      json.member("has_error", hasError)
      json.member("error_name", errorName)
      json.member("error_message", errorMessage)
      json.member("duration_ms", durationMilliseconds)
    }
  }
}

/// A learner's work in one course.
struct StudentCourse {
  private let course: String
  private let team: String?
  private let reachedCells: Int
  private let solvedCells: Int
  private let executions: Int
  private let errors: Int
  private let currentNotebook: String?
  private let currentCell: String?
  private let helpSince: Timestamp?
  private let firstSeenAt: Timestamp
  private let lastSeenAt: Timestamp
  private let clockSkewSeconds: Int?

  init(_ row: PostgresRow) throws(PostgresError) {
    course = try row.value("course")
    team = try row.optional("team")
    reachedCells = try row.value("reached")
    solvedCells = try row.value("solved")
    executions = try row.value("executions")
    errors = try row.value("errors")
    currentNotebook = try row.optional("notebook")
    currentCell = try row.optional("cell")
    helpSince = try row.optional("help_since")
    firstSeenAt = try row.value("first_seen")
    lastSeenAt = try row.value("last_seen")
    clockSkewSeconds = try row.optional("clock_skew_seconds")
  }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("course_id", course)
      json.member("team", team)
      json.member("solved_cells", solvedCells)
      json.member("reached_cells", reachedCells)
      json.member("executions", executions)
      json.member("errors", errors)
      json.member("current_notebook_path", currentNotebook)
      json.member("current_cell", currentCell)
      json.member("help_since", helpSince)
      json.member("first_seen_at", firstSeenAt)
      json.member("last_seen_at", lastSeenAt)
      json.member("clock_skew_seconds", clockSkewSeconds)
    }
  }
}
