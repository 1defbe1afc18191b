import Events

/// jupyterlab-pioneer 1.7's `remote_exporter`: one event a request, from the learner's Jupyter server.
///
/// What is read is picked by name. `NotebookOpenEvent` brings the server's whole environment along, with its tokens, and others
/// bring the learner's work: none of that is looked at.
struct PioneerAdapter: ClientAdapter {
  private static let detail = "/data/eventDetail"
  private static let name = detail + "/eventName"
  private static let time = detail + "/eventTime"
  private static let success = detail + "/eventInfo/success"
  private static let error = detail + "/eventInfo/kernelError"
  private static let cell = detail + "/eventInfo/cells/0"
  private static let execution = cell + "/metadata/execution"

  let client = OtherClient.pioneer
  private let configuration: OtherClientsConfiguration

  init(_ configuration: OtherClientsConfiguration) { self.configuration = configuration }

  func translate(_ body: SentValue, to route: ClientRoute, into translation: inout Translation) {
    do throws(FieldError) {
      guard let name = body[at: Self.name] else {
        throw FieldError(Self.name, .required, "is required")
      }
      guard let name = name.text else { throw FieldError(Self.name, .type, "must be a string") }
      switch name {
      case "CellExecuteEvent":
        if let draft = try execution(body) { translation.take(draft) } else { translation.ignore() }
      case "NotebookOpenEvent": translation.take(try event("notebook_opened", body))
      case "NotebookSaveEvent": translation.take(try event("notebook_saved", body))
      default: translation.ignore()
      }
    } catch {
      translation.refuse(error)
    }
  }

  /// Nil where no code ran: cells of text succeed too, and a cell that waited behind one that failed fails without an error.
  private func execution(_ body: SentValue) throws(FieldError) -> EventDraft? {
    guard body[at: Self.cell + "/type"]?.text == "code" else { return nil }
    guard let success = body[at: Self.success] else {
      throw FieldError(Self.success, .required, "is required")
    }
    guard let success = success.boolean else {
      throw FieldError(Self.success, .type, "must be true or false")
    }
    guard success || body[at: Self.error + "/errorName"] != nil else { return nil }
    var draft = try event("cell_executed", body, endedAt: Self.execution + "/shell.execute_reply")
    draft.copy("cell_id", from: body, Self.cell + "/id")
    // JupyterLab says -1 for a cell that is gone.
    if body[at: Self.cell + "/index"]?.integer != -1 {
      draft.copy("cell_index", from: body, Self.cell + "/index")
    }
    draft.copy("cell_type", from: body, Self.cell + "/type")
    draft.set("has_error", to: !success, from: Self.success)
    if !success {
      draft.cut("error_name", to: 256, from: body, Self.error + "/errorName")
      draft.cut("error_message", to: 4096, from: body, Self.error + "/errorValue")
    }
    let times = body[at: Self.execution]
    let begin = times?["shell.execute_reply.started"] ?? times?["iopub.execute_input"]
    if let begin = begin?.moment, let end = times?["shell.execute_reply"]?.moment, begin <= end {
      draft.set(
        "duration_ms", to: Double(end.microseconds - begin.microseconds) / 1000,
        from: Self.execution)
    }
    return draft
  }

  /// - Parameter end: where the kernel's time of it stands, if anywhere: JupyterLab keeps times only where it is told to.
  private func event(
    _ eventType: String, _ body: SentValue, endedAt end: String? = nil
  ) throws(FieldError) -> EventDraft {
    var draft = EventDraft(eventType)
    if let end, body[at: end]?.moment != nil {
      draft.copy("occurred_at", from: body, end)
    } else {
      draft.set("occurred_at", to: try moment(body).description, from: Self.time)
    }
    guard let learner = value(of: configuration.pioneerLearner, in: body) else {
      let names = configuration.pioneerLearner.joined(separator: " or ")
      throw FieldError(
        "/env", .required,
        "must say who the learner is, or /params must, as \(names); PROGRESSBUS_INGEST_PIONEER_LEARNER names others"
      )
    }
    draft.set("student_id", to: learner.value, from: learner.pointer)
    if let course = value(of: configuration.pioneerCourse, in: body) {
      draft.set("course_id", to: course.value, from: course.pointer)
    } else {
      draft.set("course_id", to: configuration.course)
    }
    draft.copy("session_id", from: body, "/data/notebookState/sessionID")
    draft.copy("notebook_path", from: body, "/data/notebookState/notebookPath")
    return draft
  }

  /// By the browser's clock, in milliseconds since 1970. Without it the same event, sent again, would have another time.
  private func moment(_ body: SentValue) throws(FieldError) -> Timestamp {
    guard let time = body[at: Self.time] else {
      throw FieldError(Self.time, .required, "is required")
    }
    // Up to the year 9999; what is too far ahead is refused with the event.
    guard let milliseconds = time.integer, (0...253_402_300_799_999).contains(milliseconds) else {
      throw FieldError(Self.time, .type, "must be a whole number of milliseconds since 1970")
    }
    return Timestamp(microseconds: milliseconds * 1000)
  }

  /// `env` is a list of objects with one member each, whose value is null where the variable was not set; `params` is what the
  /// operator of the exporter writes.
  private func value(
    of names: [String], in body: SentValue
  ) -> (value: String, pointer: String)? {
    for name in names {
      if let variables = body["env"]?.elements {
        for (index, variable) in variables.enumerated() {
          if let value = variable[name]?.text { return (value, "/env/\(index)/\(name)") }
        }
      }
      if let value = body["params"]?[name]?.text { return (value, "/params/\(name)") }
    }
    return nil
  }
}
