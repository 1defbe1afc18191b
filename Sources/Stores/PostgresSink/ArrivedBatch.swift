import Events
import NIOCore
import PostgresDriver

/// A batch of notebook events as rows for `arrived_events`, in the order that its `place` wants, each
/// event once.
struct ArrivedBatch: Sendable {
  /// The function that takes the same events as JSON.
  static let storedBy = "store_notebook_events"
  /// Makes the session's table; once is enough, again does no harm.
  static let preparation = "select prepare_arrived_events()"
  static let storing = "select store_arrived_events()"
  static let table =
    "arrived_events (place, \(ArrivedColumn.all.map(\.name).joined(separator: ", ")))"

  let rows: BinaryRows

  /// Nil when PostgreSQL has to read one of the events as JSON.
  init?(_ payloads: [ByteBuffer]) {
    let size = payloads.reduce(0) { $0 + $1.readableBytes }
    var encoder = ArrivedEventEncoder(capacity: size)
    var places: [ArrivedRow] = []
    places.reserveCapacity(payloads.count)
    var known: Set<EventID> = []
    known.reserveCapacity(payloads.count)
    for payload in payloads {
      guard let row = encoder.append(payload) else { return nil }
      if known.insert(row.eventID).inserted { places.append(row) }
    }
    let width = Int16(ArrivedColumn.all.count + 1)
    var rows = BinaryRows(capacity: encoder.buffer.count + 10 * places.count)
    encoder.buffer.withUnsafeBytes { buffer in
      places.sort { $0.precedes($1, in: buffer) }
      for (place, row) in places.enumerated() {
        rows.beginRow(columns: width)
        rows.append(Int32(place))
        rows.append(columns: UnsafeRawBufferPointer(rebasing: buffer[row.columns]))
      }
    }
    rows.end()
    self.rows = rows
  }
}

/// Where an event's columns stand in a buffer, and what the order of a batch goes by. Absent numbers are
/// -1, which is less than any that is allowed.
struct ArrivedRow: Sendable {
  var columns = 0..<0
  var student = 0..<0
  var course = 0..<0
  /// The first bytes of the learner's id, the first of them the most significant.
  var studentPrefix: UInt64 = 0
  /// `corrected_at` or, without one, `occurred_at`.
  var moment = Timestamp(microseconds: 0)
  var executionCount: Int32 = -1
  var duration = -1.0
  var cellIndex: Int32 = -1
  var eventID = EventID(high: 0, low: 0)

  /// The order of `arrived_events.place`.
  func precedes(_ other: ArrivedRow, in buffer: UnsafeRawBufferPointer) -> Bool {
    if studentPrefix != other.studentPrefix { return studentPrefix < other.studentPrefix }
    let students = Self.compare(student, other.student, in: buffer)
    if students != 0 { return students < 0 }
    let courses = Self.compare(course, other.course, in: buffer)
    if courses != 0 { return courses < 0 }
    if moment != other.moment { return moment < other.moment }
    if executionCount != other.executionCount { return executionCount < other.executionCount }
    if duration != other.duration { return duration < other.duration }
    if cellIndex != other.cellIndex { return cellIndex < other.cellIndex }
    if eventID.high != other.eventID.high { return eventID.high < other.eventID.high }
    return eventID.low < other.eventID.low
  }

  /// Byte by byte, as in the collation "C".
  private static func compare(
    _ left: Range<Int>, _ right: Range<Int>, in buffer: UnsafeRawBufferPointer
  ) -> Int {
    for (left, right) in zip(buffer[left], buffer[right]) where left != right {
      return left < right ? -1 : 1
    }
    return left.count - right.count
  }
}
