import Foundation

/// An event as a notebook sends it.
struct NotebookEvent {
  var eventType = "cell_executed"
  var student = "s-1"
  var name: String?
  var course = "py101"
  var notebook = "week1/hello.ipynb"
  var cell = "c1"
  var cellIndex: Int?
  var hasError = false
  var errorName: String?
  var errorMessage: String?
  var occurredAt: String?

  var json: String {
    var members = [
      #""event_type":"\#(eventType)""#, #""student_id":"\#(student)""#,
      #""course_id":"\#(course)""#, #""notebook_path":"\#(notebook)""#, #""cell_id":"\#(cell)""#,
      #""has_error":\#(hasError)"#, #""duration_ms":12.5"#,
    ]
    if let name { members.append(#""student_name":"\#(name)""#) }
    if let cellIndex { members.append(#""cell_index":\#(cellIndex)"#) }
    if let errorName { members.append(#""error_name":"\#(errorName)""#) }
    if let errorMessage { members.append(#""error_message":"\#(errorMessage)""#) }
    if let occurredAt { members.append(#""occurred_at":"\#(occurredAt)""#) }
    return "{\(members.joined(separator: ","))}"
  }

  /// A class at work: `count` events of 50 learners in some cells.
  static func classroom(_ count: Int, course: String = "py101") -> [NotebookEvent] {
    (0..<count).map { index in
      NotebookEvent(
        student: "s-\(index % 50)", course: course, cell: "c\(index / 50 % 20)",
        hasError: index % 7 == 0)
    }
  }
}

extension [NotebookEvent] {
  /// JSON arrays of `size` events each.
  func batches(of size: Int) -> [String] {
    stride(from: 0, to: count, by: size).map { start in
      "[\(self[start..<Swift.min(start + size, count)].map(\.json).joined(separator: ","))]"
    }
  }
}
