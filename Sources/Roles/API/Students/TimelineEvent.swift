import Events
import JSONText
import PostgresDriver

/// An event of a learner's timeline, without the learner's code and its output.
struct TimelineEvent {
  let id: String
  let occurredAt: Timestamp
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

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("event_id", id)
      json.member("event_type", eventType)
      json.member("occurred_at", occurredAt)
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
