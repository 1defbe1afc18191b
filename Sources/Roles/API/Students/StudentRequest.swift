import Events

/// A page of a learner's timeline.
struct StudentRequest: Sendable {
  let student: String
  let course: String?
  /// Only events before this one; for the first page, the end of time.
  let before: (at: String, id: String)
  let limit: Int

  init(_ parameters: RequestParameters) throws(Problem) {
    student = try parameters.identifier(inPath: "student")
    course = try parameters.text("course_id", maximumLength: Envelope.identifierLength)
    limit = try parameters.limit()
    guard let cursor = try parameters.cursor(parts: 2) else {
      before = ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
      return
    }
    guard let microseconds = Int64(cursor[0]), (0..<253_402_300_800_000_000) ~= microseconds,
      let id = EventID(cursor[1])
    else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    before = (Timestamp(microseconds: microseconds).description, id.description)
  }
}
