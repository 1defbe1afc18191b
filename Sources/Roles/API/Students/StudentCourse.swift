import Events
import JSONText
import PostgresDriver

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
    }
  }
}
