/// A column of `arrived_events`, which has a field's name and is filled from it.
struct ArrivedColumn: Sendable {
  enum Form: Sendable {
    case uuid, timestamp, double, integer, boolean, text, json
  }

  let name: String
  /// The name's bytes, as they stand in an event.
  let key: [UInt8]
  let form: Form

  private init(_ name: String, _ form: Form) {
    self.name = name
    self.key = Array(name.utf8)
    self.form = form
  }

  /// In the order of declaration, which is that of the members in an event.
  static let all: [ArrivedColumn] = [
    ArrivedColumn("event_id", .uuid), ArrivedColumn("event_type", .text),
    ArrivedColumn("occurred_at", .timestamp), ArrivedColumn("received_at", .timestamp),
    ArrivedColumn("course_id", .text), ArrivedColumn("student_id", .text),
    ArrivedColumn("student_name", .text), ArrivedColumn("team", .text),
    ArrivedColumn("session_id", .text), ArrivedColumn("notebook_path", .text),
    ArrivedColumn("cell_id", .text), ArrivedColumn("cell_index", .integer),
    ArrivedColumn("cell_type", .text), ArrivedColumn("execution_count", .integer),
    ArrivedColumn("has_error", .boolean), ArrivedColumn("error_name", .text),
    ArrivedColumn("error_message", .text), ArrivedColumn("duration_ms", .double),
    ArrivedColumn("code", .text), ArrivedColumn("result", .text),
    ArrivedColumn("attributes", .json),
  ]

  /// Where the columns that the order of a batch goes by stand in `all`.
  enum Place {
    static let eventID = index(of: "event_id")
    static let occurredAt = index(of: "occurred_at")
    static let course = index(of: "course_id")
    static let student = index(of: "student_id")
    static let cellIndex = index(of: "cell_index")
    static let executionCount = index(of: "execution_count")
    static let duration = index(of: "duration_ms")

    private static func index(of name: String) -> Int {
      guard let index = all.firstIndex(where: { $0.name == name }) else {
        preconditionFailure("arrived_events has no column \(name)")
      }
      return index
    }
  }

  /// The column of a member, looking first where the one before it ended.
  static func index(of key: UnsafeRawBufferPointer, in columns: [ArrivedColumn], from hint: Int)
    -> Int?
  {
    for step in 0..<columns.count {
      let index = hint + step < columns.count ? hint + step : hint + step - columns.count
      if columns[index].key.elementsEqual(key) { return index }
    }
    return nil
  }
}
