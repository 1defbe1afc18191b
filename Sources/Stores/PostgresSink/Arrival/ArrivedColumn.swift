import Events

/// A column of `arrived_events`, which has a field's name and is filled from it.
struct ArrivedColumn: Sendable {
  enum Form: Sendable {
    case uuid, timestamp, double, integer, boolean, text, json
  }

  let name: String
  /// The name's bytes, as they stand in an event.
  let key: [UInt8]
  let form: Form

  private init(_ field: Field) {
    name = field.name
    key = Array(field.name.utf8)
    form =
      switch field.type {
      case .uuid: .uuid
      case .timestamp: .timestamp
      case .number: .double
      case .integer: .integer
      case .boolean: .boolean
      case .string, .enumeration: .text
      case .scalars, .json, .object, .array: .json
      }
  }

  /// In the order of declaration, which is that of the members in an event.
  static let all: [ArrivedColumn] = {
    guard
      let kind = EventCatalog.standard.kinds.first(where: { $0.storedBy == ArrivedBatch.storedBy })
    else { preconditionFailure("no kind is stored by \(ArrivedBatch.storedBy)") }
    return kind.fields.map(ArrivedColumn.init)
  }()

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
