import Events
import NIOCore
import PostgresDriver

/// Writes events as columns of `progress_events`, from their JSON and without a string in between.
struct ArrivedEventEncoder {
  /// The columns of all rows; what `ArrivedRow`'s texts are ranges of.
  private(set) var buffer: [UInt8] = []
  private let columns = ArrivedColumn.all
  private let members = ArrivedColumn.members
  private var tape = JSONTape()
  /// For each column the token of its value, or `JSONMembers.absent`.
  private var values: [Int] = []

  /// - Parameter capacity: the expected length of the buffer in bytes.
  init(capacity: Int) {
    buffer.reserveCapacity(capacity)
  }

  /// Returns nil for an event that is not as the ingest writes them: what a value means then, or why it
  /// is refused, is for PostgreSQL's own JSON to say.
  mutating func append(_ payload: ByteBuffer) -> ArrivedRow? {
    payload.withUnsafeReadableBytes { append($0) }
  }

  private mutating func append(_ text: UnsafeRawBufferPointer) -> ArrivedRow? {
    do throws(JSONSyntaxError) {
      try tape.scan(text.assumingMemoryBound(to: UInt8.self))
    } catch {
      return nil
    }
    guard tape.tokens[0].kind == .object else { return nil }
    values.removeAll(keepingCapacity: true)
    members.findValues(in: tape, text, appendingTo: &values)
    var row = ArrivedRow()
    var required = 0
    let start = buffer.count
    for (index, column) in columns.enumerated() where index != ArrivedColumn.Place.studentName {
      guard values[index] != JSONMembers.absent else {
        BinaryValue.appendNull(to: &buffer)
        continue
      }
      let token = tape.tokens[values[index]]
      let value = bytes(token, text)
      switch (column.form, token.kind) {
      case (.text, .string):
        // No team is what an empty name of one means.
        if index == ArrivedColumn.Place.team, value.isEmpty {
          BinaryValue.appendNull(to: &buffer)
          continue
        }
        guard let content = appendText(token, value) else { return nil }
        switch index {
        case ArrivedColumn.Place.eventType:
          row.kind = kind(content)
          required += 1
        case ArrivedColumn.Place.student:
          row.student = content
          row.studentPrefix = prefix(content)
          required += 1
        case ArrivedColumn.Place.course:
          row.course = content
          required += 1
        case ArrivedColumn.Place.notebook:
          row.notebook = content
          required += 1
        case ArrivedColumn.Place.team: row.team = content
        case ArrivedColumn.Place.cell: row.cell = content.isEmpty ? nil : content
        case ArrivedColumn.Place.errorName: row.errorName = content
        case ArrivedColumn.Place.errorMessage: row.errorMessage = content
        default: break
        }
      case (.uuid, .string):
        guard let id = EventID(value) else { return nil }
        BinaryValue.append(uuid: id.high, id.low, to: &buffer)
        row.eventID = id
        required += 1
      case (.timestamp, .string):
        guard let time = Timestamp(rfc3339: value) else { return nil }
        BinaryValue.append(microsecondsSince1970: time.microseconds, to: &buffer)
        if index == ArrivedColumn.Place.occurredAt {
          row.occurredAt = time
          row.moment = time
          required += 1
        }
        // It stands behind the other.
        if index == ArrivedColumn.Place.correctedAt {
          row.moment = time
          row.isCorrected = true
        }
      case (.integer, .integer):
        guard let wide = JSONNumber.integer(value, isInteger: true),
          let number = Int32(exactly: wide)
        else { return nil }
        BinaryValue.append(number, to: &buffer)
        if index == ArrivedColumn.Place.cellIndex { row.cellIndex = number }
        if index == ArrivedColumn.Place.executionCount { row.executionCount = number }
      case (.double, .integer), (.double, .number):
        let number = JSONNumber.double(value)
        guard number.isFinite else { return nil }
        BinaryValue.append(number, to: &buffer)
        if index == ArrivedColumn.Place.duration { row.duration = number }
      case (.boolean, .boolean):
        let isTrue = value[0] == UInt8(ascii: "t")
        BinaryValue.append(isTrue, to: &buffer)
        if index == ArrivedColumn.Place.hasError { row.hasError = isTrue }
      case (.json, _):
        BinaryValue.append(json: value, to: &buffer)
      default:
        return nil
      }
    }
    // Those that the order and the sums need; PostgreSQL asks for the others.
    guard required == 6 else { return nil }
    row.columns = start..<buffer.count
    guard appendStudentName(text, to: &row) else { return nil }
    row.columnsAndName = start..<buffer.count
    if row.cell == nil, row.cellIndex >= 0 {
      let digits = "\(row.cellIndex)".utf8
      buffer += digits
      row.cell = buffer.count - digits.count..<buffer.count
    }
    return row
  }

  /// Behind the others: `progress_events` does not have it.
  private mutating func appendStudentName(
    _ text: UnsafeRawBufferPointer, to row: inout ArrivedRow
  ) -> Bool {
    let value = values[ArrivedColumn.Place.studentName]
    guard value != JSONMembers.absent else {
      BinaryValue.appendNull(to: &buffer)
      return true
    }
    let token = tape.tokens[value]
    guard token.kind == .string, let content = appendText(token, bytes(token, text)) else {
      return false
    }
    if !content.isEmpty { row.studentName = content }
    return true
  }

  private func kind(_ eventType: Range<Int>) -> ArrivedRow.Kind {
    for (name, kind) in ArrivedRow.Kind.names where buffer[eventType].elementsEqual(name) {
      return kind
    }
    return .other
  }

  /// Returns where the text stands in the buffer; nil for one that PostgreSQL cannot hold.
  private mutating func appendText(
    _ token: JSONToken, _ value: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    guard token.traits.isDisjoint(with: [.nul, .loneSurrogate]) else { return nil }
    if token.traits.contains(.escaped) {
      var unescaped: [UInt8] = []
      unescaped.reserveCapacity(value.count)
      JSONString.unescape(value) { unescaped.append($0) }
      unescaped.withUnsafeBytes { BinaryValue.append(text: $0, to: &buffer) }
      return buffer.count - unescaped.count..<buffer.count
    }
    BinaryValue.append(text: value, to: &buffer)
    return buffer.count - value.count..<buffer.count
  }

  private func prefix(_ text: Range<Int>) -> UInt64 {
    var prefix: UInt64 = 0
    for offset in 0..<8 {
      let byte = offset < text.count ? buffer[text.lowerBound + offset] : 0
      prefix = prefix << 8 | UInt64(byte)
    }
    return prefix
  }

  private func bytes(_ token: JSONToken, _ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text[Int(token.start)..<Int(token.end)])
  }
}

/// A column of `progress_events` or, for `student_name`, of `arrived_events`: it has a field's name and is filled
/// from it.
struct ArrivedColumn: Sendable {
  enum Form: Sendable {
    case uuid, timestamp, double, integer, boolean, text, json
  }

  let name: String
  let form: Form

  private init(_ field: Field) {
    name = field.name
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

  /// The names as the encoder writes the columns, without `student_name`, which comes last.
  static let names = all.map(\.name).filter { $0 != studentName }.joined(separator: ", ")
  static let studentName = "student_name"

  static let members = JSONMembers(all.map(\.name))

  /// Where the columns that the order of a batch and its sums go by stand in `all`.
  enum Place {
    static let eventType = index(of: "event_type")
    static let occurredAt = index(of: "occurred_at")
    static let correctedAt = index(of: "corrected_at")
    static let course = index(of: "course_id")
    static let student = index(of: "student_id")
    static let studentName = index(of: ArrivedColumn.studentName)
    static let team = index(of: "team")
    static let notebook = index(of: "notebook_path")
    static let cell = index(of: "cell_id")
    static let hasError = index(of: "has_error")
    static let errorName = index(of: "error_name")
    static let errorMessage = index(of: "error_message")
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
}
