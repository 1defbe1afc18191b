import Events
import Foundation

/// A notebook event, some seconds before or after the time at which the tests' clock stands.
struct ClassroomEvent {
  var fields: [String: Any]

  init(
    _ eventType: String, at seconds: Double, by student: String, course: String = "c1",
    notebook: String = "n.ipynb", _ more: [String: Any] = [:]
  ) {
    let moment = Timestamp(
      microseconds: Classroom.noon.microseconds + Int64(seconds * 1_000_000))
    fields = [
      "event_id": UUID().uuidString.lowercased(), "event_type": eventType,
      "occurred_at": moment.description, "received_at": moment.description, "course_id": course,
      "student_id": student, "notebook_path": notebook,
    ].merging(more) { $1 }
  }

  /// The same event, as a clock tells of it that is wrong.
  func said(secondsAhead seconds: Double) -> ClassroomEvent {
    var event = self
    guard let said = fields["occurred_at"] as? String, let moment = Timestamp(rfc3339: said.utf8)
    else { return self }
    event.fields["corrected_at"] = said
    event.fields["occurred_at"] =
      Timestamp(microseconds: moment.microseconds + Int64(seconds * 1_000_000)).description
    return event
  }

  static func check(
    _ exercise: String, passed: Bool, at seconds: Double, by student: String, cell: String? = nil,
    course: String = "c1", notebook: String = "n.ipynb", _ more: [String: Any] = [:]
  ) -> ClassroomEvent {
    var event = ClassroomEvent(
      "exercise_checked", at: seconds, by: student, course: course, notebook: notebook, more)
    event.fields["exercise_id"] = exercise
    event.fields["passed"] = passed
    if let cell { event.fields["cell_id"] = cell }
    return event
  }

  static func run(
    _ cell: String, at seconds: Double, by student: String, error: String? = nil,
    milliseconds: Double = 10, index: Int? = nil, course: String = "c1",
    notebook: String = "n.ipynb", _ more: [String: Any] = [:]
  ) -> ClassroomEvent {
    var event = ClassroomEvent(
      "cell_executed", at: seconds, by: student, course: course, notebook: notebook, more)
    event.fields["cell_id"] = cell
    event.fields["has_error"] = error != nil
    event.fields["duration_ms"] = milliseconds
    if let index { event.fields["cell_index"] = index }
    if let error { event.fields["error_name"] = error }
    return event
  }
}
