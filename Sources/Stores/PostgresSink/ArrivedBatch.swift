import Events
import Foundation
import NIOCore
import PostgresDriver

/// A batch of notebook events, each event once, in an order that has a learner's events together and in the order
/// of time, and what they add to the summaries.
///
/// There are two ways to store it. Nearly always all events are new: they go into their table by COPY, and the
/// summaries get what was summed up here. A unique violation tells that an event is stored already. Then they go
/// through `arrived_events`, where SQL leaves such events out and sums up the others.
struct ArrivedBatch: Sendable {
  /// The function that takes the same events as JSON.
  static let storedBy = "store_notebook_events"
  static let table = "progress_events (\(ArrivedColumn.names))"
  /// Makes the session's table; once is enough, again does no harm.
  static let preparation = "select prepare_arrived_events()"
  static let arrivedTable =
    "arrived_events (place, \(ArrivedColumn.names), \(ArrivedColumn.studentName))"
  static let storing = "select store_arrived_events()"

  /// Nil when SQL has to sum up, whatever is stored.
  let summary: BatchSummary?
  private let buffer: [UInt8]
  private let ordered: [ArrivedRow]

  /// Nil when PostgreSQL has to read one of the events as JSON.
  init?(_ payloads: [ByteBuffer]) {
    let size = payloads.reduce(0) { $0 + $1.readableBytes }
    var encoder = ArrivedEventEncoder(capacity: size)
    var rows: [ArrivedRow] = []
    rows.reserveCapacity(payloads.count)
    var known: Set<EventID> = []
    known.reserveCapacity(payloads.count)
    for payload in payloads {
      guard let row = encoder.append(payload) else { return nil }
      if known.insert(row.eventID).inserted { rows.append(row) }
    }
    buffer = encoder.buffer
    (ordered, summary) = buffer.withUnsafeBytes { buffer in
      // Rows are large: their places move instead.
      let places = rows.indices.sorted { rows[$0].precedes(rows[$1], in: buffer) }
      let ordered = places.map { rows[$0] }
      return (ordered, BatchSummary(ordered, in: buffer))
    }
  }

  /// For `table`.
  func rows() -> BinaryRows {
    var rows = BinaryRows(capacity: buffer.count)
    buffer.withUnsafeBytes { buffer in
      for row in ordered {
        rows.beginRow(columns: Int16(ArrivedColumn.all.count - 1))
        rows.append(columns: UnsafeRawBufferPointer(rebasing: buffer[row.columns]))
      }
    }
    rows.end()
    return rows
  }

  /// For `arrivedTable`.
  func arrivedRows() -> BinaryRows {
    var rows = BinaryRows(capacity: buffer.count + 10 * ordered.count)
    buffer.withUnsafeBytes { buffer in
      for (place, row) in ordered.enumerated() {
        rows.beginRow(columns: Int16(ArrivedColumn.all.count + 1))
        rows.append(Int32(place))
        rows.append(columns: UnsafeRawBufferPointer(rebasing: buffer[row.columnsAndName]))
      }
    }
    rows.end()
    return rows
  }
}

/// Where an event's columns stand in a buffer, and what the order of a batch and its sums go by. Absent numbers are
/// -1, which is less than any that is allowed; texts are ranges of the buffer.
struct ArrivedRow: Sendable {
  enum Kind: Sendable {
    case cellExecuted, help, helpStop, notebookClosed, other

    static let names: [([UInt8], Kind)] = [
      (Array("cell_executed".utf8), .cellExecuted), (Array("help".utf8), .help),
      (Array("help_stop".utf8), .helpStop), (Array("notebook_closed".utf8), .notebookClosed),
    ]
  }

  var columns = 0..<0
  /// `columns` and the learner's name.
  var columnsAndName = 0..<0
  var kind = Kind.other
  var student = 0..<0
  var course = 0..<0
  var notebook = 0..<0
  /// The cell's id or, without one, its index; as SQL's `cell_key`.
  var cell: Range<Int>?
  /// Not empty.
  var studentName: Range<Int>?
  /// Not empty.
  var team: Range<Int>?
  var errorName: Range<Int>?
  var errorMessage: Range<Int>?
  /// The first bytes of the learner's id, the first of them the most significant.
  var studentPrefix: UInt64 = 0
  var occurredAt = Timestamp(microseconds: 0)
  /// `corrected_at` or, without one, `occurred_at`.
  var moment = Timestamp(microseconds: 0)
  var isCorrected = false
  var hasError = false
  var executionCount: Int32 = -1
  var duration = -1.0
  var cellIndex: Int32 = -1
  var eventID = EventID(high: 0, low: 0)

  /// The order of `arrived_events.place`.
  func precedes(_ other: ArrivedRow, in buffer: UnsafeRawBufferPointer) -> Bool {
    if studentPrefix != other.studentPrefix { return studentPrefix < other.studentPrefix }
    let students = buffer.compare(student, other.student)
    if students != 0 { return students < 0 }
    let courses = buffer.compare(course, other.course)
    if courses != 0 { return courses < 0 }
    if moment != other.moment { return moment < other.moment }
    if executionCount != other.executionCount { return executionCount < other.executionCount }
    if duration != other.duration { return duration < other.duration }
    if cellIndex != other.cellIndex { return cellIndex < other.cellIndex }
    if eventID.high != other.eventID.high { return eventID.high < other.eventID.high }
    return eventID.low < other.eventID.low
  }
}

extension UnsafeRawBufferPointer {
  /// Below 0 when the first range comes first, byte by byte, as in the collation "C"; 0 when they are equal.
  func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
    guard let baseAddress else { return left.count - right.count }
    let order = memcmp(
      baseAddress + left.lowerBound, baseAddress + right.lowerBound,
      Swift.min(left.count, right.count))
    return order != 0 ? Int(order) : left.count - right.count
  }
}
