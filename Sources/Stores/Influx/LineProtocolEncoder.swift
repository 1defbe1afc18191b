package import Events
package import NIOCore

/// Writes events as points in InfluxDB's line protocol, from their canonical JSON and without a
/// string in between. Kept for a whole batch, so that its working memory is allocated once.
package struct LineProtocolEncoder {
  /// What became of an event.
  package enum Outcome: Equatable {
    /// One line was appended.
    case appended
    /// The event's kind has no measurement; nothing was appended.
    case hasNoMeasurement
    /// The event cannot be a point; nothing was appended. The reason holds no values.
    case refused(String)
  }

  private let layouts: [String: PointLayout?]
  private var tape = JSONTape()
  /// For each column of the layout the token of its value, or `JSONMembers.absent`.
  private var values: [Int] = []
  private var unescaped: [UInt8] = []

  /// The layouts of a catalog's kinds, by `event_type`.
  package static func layouts(of catalog: EventCatalog) -> [String: PointLayout?] {
    Dictionary(uniqueKeysWithValues: catalog.kinds.map { ($0.eventType, PointLayout($0)) })
  }

  package init(layouts: [String: PointLayout?]) {
    self.layouts = layouts
  }

  package mutating func append(
    _ payload: ByteBuffer, eventType: String, to lines: inout [UInt8]
  ) -> Outcome {
    guard let known = layouts[eventType] else { return .refused("unknown event_type") }
    guard let layout = known else { return .hasNoMeasurement }
    let start = lines.count
    let refusal = payload.withUnsafeReadableBytes { text in
      appendPoint(text, layout, to: &lines)
    }
    guard let refusal else { return .appended }
    lines.removeSubrange(start...)
    return .refused(refusal)
  }

  /// Returns why the event cannot be a point; nil when it is one now.
  private mutating func appendPoint(
    _ text: UnsafeRawBufferPointer, _ layout: PointLayout, to lines: inout [UInt8]
  ) -> String? {
    do throws(JSONSyntaxError) {
      try tape.scan(text.assumingMemoryBound(to: UInt8.self))
    } catch {
      return "the event is no JSON: \(error)"
    }
    guard tape.tokens[0].kind == .object else { return "the event is no JSON object" }
    values.removeAll(keepingCapacity: true)
    layout.members.findValues(in: tape, text, appendingTo: &values)
    guard let id = EventID(bytes(layout.eventID, text)) else { return "event_id is missing" }
    guard let occurredAt = Timestamp(rfc3339: bytes(layout.time, text)) else {
      return "occurred_at is missing"
    }
    guard let time = PointTime.nanoseconds(occurredAt, id) else {
      return "occurred_at is outside the years 1677 to 2262"
    }

    lines.append(contentsOf: layout.measurement)
    for index in layout.tags { appendTag(index, layout, text, to: &lines) }
    var separator = UInt8(ascii: " ")
    for index in layout.fields where values[index] != JSONMembers.absent {
      lines.append(separator)
      separator = UInt8(ascii: ",")
      let column = layout.columns[index]
      lines.append(contentsOf: column.prefix)
      guard appendField(tape.tokens[values[index]], column.form, text, to: &lines) else {
        return "\(column.name) has the wrong type"
      }
    }
    lines.append(UInt8(ascii: " "))
    append(time, to: &lines)
    lines.append(UInt8(ascii: "\n"))
    return nil
  }

  private mutating func appendTag(
    _ index: Int, _ layout: PointLayout, _ text: UnsafeRawBufferPointer, to lines: inout [UInt8]
  ) {
    guard values[index] != JSONMembers.absent else { return }
    let token = tape.tokens[values[index]]
    // Line protocol has no empty tag value: a tag without a value is left out.
    guard token.end > token.start else { return }
    lines.append(UInt8(ascii: ","))
    lines.append(contentsOf: layout.columns[index].prefix)
    guard token.traits.contains(.escaped) else {
      return LineProtocolText.appendTagValue(bytes(token, text), to: &lines)
    }
    unescaped.removeAll(keepingCapacity: true)
    JSONString.unescape(bytes(token, text)) { unescaped.append($0) }
    unescaped.withUnsafeBytes { LineProtocolText.appendTagValue($0, to: &lines) }
  }

  /// Returns whether the value has the declared type.
  private func appendField(
    _ token: JSONToken, _ form: PointLayout.Form, _ text: UnsafeRawBufferPointer,
    to lines: inout [UInt8]
  ) -> Bool {
    let value = bytes(token, text)
    switch (form, token.kind) {
    case (.text, .string):
      lines.append(UInt8(ascii: "\""))
      if token.traits.contains(.escaped) {
        JSONString.unescape(value) { LineProtocolText.appendStringByte($0, to: &lines) }
      } else {
        // JSON escapes the same two characters, so there are none.
        lines.append(contentsOf: value)
      }
      lines.append(UInt8(ascii: "\""))
    case (.integer, .integer):
      lines.append(contentsOf: value)
      lines.append(UInt8(ascii: "i"))
    case (.number, .integer), (.number, .number), (.boolean, .boolean):
      // Line protocol writes numbers and truth values as JSON does.
      lines.append(contentsOf: value)
    case (.json, .object):
      lines.append(UInt8(ascii: "\""))
      for byte in value { LineProtocolText.appendStringByte(byte, to: &lines) }
      lines.append(UInt8(ascii: "\""))
    default:
      return false
    }
    return true
  }

  private func append(_ number: Int64, to lines: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var position = digits.count
      var rest = number.magnitude
      repeat {
        position -= 1
        digits[position] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 { lines.append(UInt8(ascii: "-")) }
      lines.append(contentsOf: digits[position...])
    }
  }

  /// The bytes of a column's value; none when the event lacks it.
  private func bytes(_ column: Int, _ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let index = values[column]
    return index == JSONMembers.absent
      ? UnsafeRawBufferPointer(start: nil, count: 0) : bytes(tape.tokens[index], text)
  }

  private func bytes(
    _ token: JSONToken, _ text: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text[Int(token.start)..<Int(token.end)])
  }
}

/// The lines of a batch, and which event each one is.
struct LineBatch: Sendable, Equatable {
  var bytes: [UInt8] = []
  /// Where each line ends in `bytes`, its newline included.
  private(set) var ends: [Int] = []
  /// The place in the sink's batch of each line's event.
  private(set) var events: [Int] = []

  var count: Int { ends.count }

  /// Notes that the bytes since the last line are the line of this event.
  mutating func endLine(event: Int) {
    ends.append(bytes.count)
    events.append(event)
  }

  /// The bytes of some of the lines, each at most once.
  func bytes(of lines: some Collection<Int>) -> [UInt8] {
    if lines.count == count { return bytes }
    var some: [UInt8] = []
    some.reserveCapacity(lines.reduce(0) { $0 + line($1).count })
    for number in lines { some += line(number) }
    return some
  }

  private func line(_ number: Int) -> ArraySlice<UInt8> {
    bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]]
  }

  /// The same for all points of a series, which is what stands before the first space that is not escaped.
  func seriesHash(of number: Int) -> Int {
    let line = line(number)
    var isEscaped = false
    let end = line.firstIndex { byte in
      defer { isEscaped = !isEscaped && byte == UInt8(ascii: "\\") }
      return byte == UInt8(ascii: " ") && !isEscaped
    }
    var hasher = Hasher()
    line[..<(end ?? line.endIndex)].withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  /// The point's time, which is what stands behind the last space.
  func time(of number: Int) -> Int64 {
    let digits = line(number).dropLast()
    let start = digits.lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? digits.startIndex
    return Int64(String(decoding: digits[start...], as: UTF8.self)) ?? 0
  }
}
