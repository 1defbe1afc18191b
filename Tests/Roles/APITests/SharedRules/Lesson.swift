import Events
import Foundation
import Testing

/// What a class does and the states that follow, as the server and the page have to tell them. Times are
/// seconds from `now`.
struct Lesson: Decodable, Sendable, CustomTestStringConvertible {
  struct Event: Decodable, Sendable {
    /// By the server's clock.
    let at: Double
    /// How far the learner's clock is ahead, where it is wrong.
    let ahead: Double?
    let student: String
    let type: String
    let notebook: String
    let cell: String?
    let index: Int?
    let failed: Bool?
    let error: String?
    let exercise: String?
    let passed: Bool?
    let session: String?
  }

  /// What many learners fail at.
  struct Alert: Decodable, Sendable, Equatable {
    let exercise: String?
    let cell: String?
    let failing: Int
    let atWork: Int
    let error: String?
  }

  let name: String
  /// So many events are in the database when the page is loaded.
  let stored: Int
  let events: [Event]
  let expected: [String: StateCase.Expected]
  let alerts: [Alert]?

  var testDescription: String { name }

  static let all = table.lessons
  static let now = Timestamp(rfc3339: table.now.utf8) ?? Timestamp(microseconds: 0)

  private static let table = Fixture.read("lessons.json", as: Table.self)

  private struct Table: Decodable {
    let now: String
    let lessons: [Lesson]
  }
}

extension Lesson.Event {
  var classroomEvent: ClassroomEvent {
    let moment = Timestamp(
      microseconds: Lesson.now.microseconds + Int64((at * 1_000_000).rounded()))
    var event = ClassroomEvent(type, at: 0, by: student, course: "lesson", notebook: notebook)
    event.fields["occurred_at"] = moment.description
    event.fields["received_at"] = moment.description
    if let cell { event.fields["cell_id"] = cell }
    if let index { event.fields["cell_index"] = index }
    if let failed { event.fields["has_error"] = failed }
    if let error { event.fields["error_name"] = error }
    if let exercise { event.fields["exercise_id"] = exercise }
    if let passed { event.fields["passed"] = passed }
    if let session { event.fields["session_id"] = session }
    return ahead.map { event.said(secondsAhead: $0) } ?? event
  }
}
