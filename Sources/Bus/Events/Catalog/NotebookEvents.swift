/// What happens in a learner's notebook.
public enum NotebookEvents {
  public static let kinds: [EventKind] = [
    kind("cell_executed", "A cell ran, with or without an error."),
    kind("cell_started", "A cell began to run, and runs for longer than a second."),
    kind("kernel_died", "A kernel ended without closing the notebook; told by the next one."),
    kind("notebook_opened", "A learner opened a notebook."),
    kind("notebook_saved", "A learner saved a notebook."),
    kind("notebook_closed", "A learner closed a notebook."),
    kind("help", "A learner asks for help; repeated while the request stands."),
    kind("help_stop", "A learner no longer asks for help."),
  ]

  private static func kind(_ eventType: String, _ summary: String) -> EventKind {
    EventKind(
      eventType, storedBy: "store_notebook_events", measurement: "progress_event",
      fields: fields, summary)
  }

  static let fields: [Field] = [
    Field(
      "corrected_at", .timestamp, setByServer: true,
      "When it happened by the server's clock, where the sender's clock was wrong; set by the server."
    ),
    Field(
      "student_id", .identifier, alias: "emailAddress", required: true, privacy: .identifier,
      series: .tag, "The learner."),
    Field(
      "student_name", .string(maximumLength: 256), alias: "userName", privacy: .personal,
      "The learner's name, for the teacher's eyes."),
    Field(
      "team", .string(maximumLength: 128), alias: "teamName", series: .tag,
      "The learner's team or table."),
    Field(
      "session_id", .string(maximumLength: 128), alias: "sessionId", series: .field,
      "The kernel session."),
    Field(
      "notebook_path", .string(minimumLength: 1, maximumLength: 1024, maximumBytes: 1024),
      alias: "notebookPath",
      required: true, series: .field, "The notebook's path, as the learner's server names it."),
    Field(
      "cell_id", .string(maximumLength: 128), alias: "cellId", series: .field,
      "The cell's id in the notebook."),
    Field(
      "cell_index", .integer(0...1_000_000), alias: "cellIndex", series: .field,
      "The cell's place in the notebook, from 0."),
    Field(
      "cell_type", .enumeration(["code", "markdown", "raw"]), alias: "cellType", series: .field,
      "The cell's type."),
    Field(
      "execution_count", .integer(0...2_147_483_647), alias: "executionCount", series: .field,
      "The kernel's execution counter."),
    Field(
      "has_error", .boolean, alias: "hasError", series: .field, "Whether the cell raised an error."
    ),
    Field(
      "error_name", .string(maximumLength: 256), series: .field, "The error's class."),
    Field(
      "error_message", .message, alias: "errorMessage", series: .field,
      "The error's message."),
    Field(
      "duration_ms", .number(0...1e12), alias: "executionDurationMs", series: .field,
      "How long the cell ran, in milliseconds."),
    Field(
      "code", .string(maximumLength: 65_536), alias: "code", privacy: .work,
      "The cell's source; dropped unless the operator keeps learners' work."),
    Field(
      "result", .string(maximumLength: 65_536), alias: "result", privacy: .work,
      "The cell's output; dropped unless the operator keeps learners' work."),
    Field(
      "attributes", .scalars(maximumCount: 64), series: .field,
      "Whatever else the sender wants to keep: an object of scalars."),
  ]
}
