import Events

/// jupyterlab-unianalytics-telemetry 5.1: one thing a request, from the learner's page; the path says what it is.
struct UnianalyticsAdapter: ClientAdapter {
  let client = OtherClient.unianalytics
  private let course: String

  init(_ configuration: OtherClientsConfiguration) { course = configuration.course }

  func translate(_ body: SentValue, to route: ClientRoute, into translation: inout Translation) {
    do throws(FieldError) {
      switch route.path {
      case "/send/exec/code": translation.take(try execution(body))
      case "/send/clickevent/notebook": translation.take(try click(body))
      default: translation.ignore()
      }
    } catch {
      translation.refuse(error)
    }
  }

  private func execution(_ body: SentValue) throws(FieldError) -> EventDraft {
    let hasError = try word(body, "/status", ["ok": false, "error": true])
    var draft = try event("cell_executed", body, at: "/t_finish")
    // Each learner's copy of a cell has an id of its own; the teacher's is the same for all.
    draft.copy("cell_id", from: body, body["orig_cell_id"] == nil ? "/cell_id" : "/orig_cell_id")
    draft.set("cell_type", to: "code")
    draft.set("has_error", to: hasError, from: "/status")
    if hasError, let outputs = body["cell_output_model"]?.elements,
      let error = outputs.enumerated().first(where: { $1["output_type"]?.text == "error" })
    {
      let place = "/cell_output_model/\(error.offset)"
      draft.cut("error_name", to: 256, from: body, place + "/ename")
      draft.cut("error_message", to: 4096, from: body, place + "/evalue")
    }
    if let begin = body["t_start"]?.moment, let end = body["t_finish"]?.moment, begin <= end {
      draft.set(
        "duration_ms", to: Double(end.microseconds - begin.microseconds) / 1000, from: "/t_start")
    }
    draft.cut("code", to: 65_536, from: body, "/cell_input", isWork: true)
    return draft
  }

  private func click(_ body: SentValue) throws(FieldError) -> EventDraft {
    let types = ["ON": "notebook_opened", "OFF": "notebook_closed"]
    return try event(try word(body, "/click_type", types), body, at: "/time")
  }

  /// - Parameter time: where it says when it happened.
  private func event(
    _ eventType: String, _ body: SentValue, at time: String
  ) throws(FieldError) -> EventDraft {
    // By the time of receipt, what is sent again would be another event.
    guard body[at: time] != nil else { throw FieldError(time, .required, "is required") }
    var draft = EventDraft(eventType)
    draft.copy("occurred_at", from: body, time)
    draft.set("course_id", to: course)
    draft.copy("student_id", from: body, "/user_id")
    draft.copy("notebook_path", from: body, "/notebook_id")
    return draft
  }

  private func word<Meaning>(
    _ body: SentValue, _ pointer: String, _ meanings: [String: Meaning]
  ) throws(FieldError) -> Meaning {
    guard let value = body[at: pointer] else { throw FieldError(pointer, .required, "is required") }
    guard let meaning = value.text.flatMap({ meanings[$0] }) else {
      let words = meanings.keys.sorted().joined(separator: " or ")
      throw FieldError(pointer, .unknownValue, "must be \(words)")
    }
    return meaning
  }
}
