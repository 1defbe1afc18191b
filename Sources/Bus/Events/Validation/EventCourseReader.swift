/// Finds the course of events in canonical form, with or without the `stream_id` that the channel puts in
/// front. Keeps its working memory between events.
public struct EventCourseReader: Sendable {
  private static let beforeStreamID: StaticString = "{\"stream_id\":\""
  /// `beforeEventID` behind a `stream_id`.
  private static let betweenIDs: StaticString = "\",\"event_id\":\""
  /// Behind the `stream_id` on the channel, where the journal has several partitions.
  private static let beforePrevious: StaticString = "\",\"previous\":\""
  private static let members = JSONMembers(["course_id"])

  private var tape = JSONTape()
  private var values: [Int] = []

  public init() {}

  /// - Returns: nil when `event` is no JSON object, or its course is no Unicode text.
  public mutating func course(of event: UnsafeRawBufferPointer) -> String? {
    // The envelope comes first and most of it has one length, so that the rest need not be read: that
    // spares a dashboard's event most of its cost.
    if let course = Self.courseByPlace(in: event) { return String(decoding: course, as: UTF8.self) }
    return scannedCourse(of: event)
  }

  /// Nil when the event does not begin as the ingest writes it, or its course holds an escape.
  static func courseByPlace(in event: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var position = 0
    func skip(_ text: StaticString) -> Bool {
      let length = text.utf8CodeUnitCount
      guard event.count - position >= length else { return false }
      for index in 0..<length where event[position + index] != text.utf8Start[index] {
        return false
      }
      position += length
      return true
    }
    /// Moves on to the next quote; nil when the text before it is not plain.
    func plainText() -> Range<Int>? {
      let start = position
      while position < event.count, event[position] != UInt8(ascii: "\"") {
        if event[position] == UInt8(ascii: "\\") { return nil }
        position += 1
      }
      return position < event.count ? start..<position : nil
    }
    if skip(beforeStreamID) {
      guard plainText() != nil else { return nil }
      if skip(beforePrevious), plainText() == nil { return nil }
      guard skip(betweenIDs) else { return nil }
    } else {
      guard skip(CanonicalForm.beforeEventID) else { return nil }
    }
    position += EventID.textLength
    guard skip(CanonicalForm.beforeEventType), plainText() != nil,
      skip(CanonicalForm.beforeOccurredAt)
    else { return nil }
    position += Timestamp.canonicalLength
    guard skip(CanonicalForm.beforeReceivedAt) else { return nil }
    position += Timestamp.canonicalLength
    guard skip(CanonicalForm.beforeCourse), let course = plainText() else { return nil }
    return UnsafeRawBufferPointer(rebasing: event[course])
  }

  private mutating func scannedCourse(of event: UnsafeRawBufferPointer) -> String? {
    do { try tape.scan(event.assumingMemoryBound(to: UInt8.self)) } catch { return nil }
    guard tape.tokens[0].kind == .object else { return nil }
    values.removeAll(keepingCapacity: true)
    Self.members.findValues(in: tape, event, appendingTo: &values)
    guard values[0] != JSONMembers.absent, case let token = tape.tokens[values[0]],
      token.kind == .string
    else { return Envelope.defaultCourse }
    // A lone surrogate is no text, so no course has that name.
    guard !token.traits.contains(.loneSurrogate) else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: event[Int(token.start)..<Int(token.end)])
    return JSONString.decode(text, isEscaped: token.traits.contains(.escaped))
  }
}
