import Events
import NIOCore
import PostgresDriver

/// Writes events as columns of `arrived_events`, from their JSON and without a string in between.
struct ArrivedEventEncoder {
  /// The columns of all rows.
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
    for (index, column) in columns.enumerated() {
      guard values[index] != JSONMembers.absent else {
        BinaryValue.appendNull(to: &buffer)
        continue
      }
      let token = tape.tokens[values[index]]
      let value = bytes(token, text)
      switch (column.form, token.kind) {
      case (.text, .string):
        guard token.traits.isDisjoint(with: [.nul, .loneSurrogate]) else { return nil }
        let content = appendText(value, isEscaped: token.traits.contains(.escaped))
        switch index {
        case ArrivedColumn.Place.student:
          row.student = content
          row.studentPrefix = prefix(content)
          required += 1
        case ArrivedColumn.Place.course:
          row.course = content
          required += 1
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
          row.moment = time
          required += 1
        }
        // It stands behind the other.
        if index == ArrivedColumn.Place.correctedAt { row.moment = time }
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
        BinaryValue.append(value[0] == UInt8(ascii: "t"), to: &buffer)
      case (.json, _):
        BinaryValue.append(json: value, to: &buffer)
      default:
        return nil
      }
    }
    // Those that the order needs; PostgreSQL asks for the others.
    guard required == 4 else { return nil }
    row.columns = start..<buffer.count
    return row
  }

  /// Returns where the text stands in the buffer.
  private mutating func appendText(
    _ value: UnsafeRawBufferPointer, isEscaped: Bool
  ) -> Range<Int> {
    if isEscaped {
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

/// A column of `arrived_events`, which has a field's name and is filled from it.
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

  static let members = JSONMembers(all.map(\.name))

  /// Where the columns that the order of a batch goes by stand in `all`.
  enum Place {
    static let eventID = index(of: "event_id")
    static let occurredAt = index(of: "occurred_at")
    static let correctedAt = index(of: "corrected_at")
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
}
