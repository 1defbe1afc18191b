import Events

/// Where an event's columns stand in a buffer, and what the order of a batch goes by. Absent numbers are
/// -1, which is less than any that is allowed.
struct ArrivedRow: Sendable {
  var columns = 0..<0
  var student = 0..<0
  var course = 0..<0
  /// The first bytes of the learner's id, the first of them the most significant.
  var studentPrefix: UInt64 = 0
  var occurredAt = Timestamp(microseconds: 0)
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
    if occurredAt != other.occurredAt { return occurredAt < other.occurredAt }
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
