import JSONText

/// Checks the values of one event and writes them.
struct ValueNormalizer {
  private let microsecondsAhead: Int64
  private var receivedAt = Timestamp(microseconds: 0)
  /// For each field of the event, the token of its value; those of nested objects lie behind.
  private var slots: [Int] = []
  private var faults = FaultCollector()
  /// The text at hand. Valid between `begin` and `end` only.
  private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

  init(microsecondsAhead: Int64) {
    self.microsecondsAhead = microsecondsAhead
  }

  /// Notes where the values of an event's fields stand.
  mutating func locate(
    _ table: FieldTable, in tape: JSONTape, object: Int, _ text: UnsafeRawBufferPointer
  ) {
    slots.removeAll(keepingCapacity: true)
    table.objects[0].members.findValues(of: object, in: tape, text, appendingTo: &slots)
  }

  /// Begins the event whose fields were located last.
  mutating func begin(
    _ text: UnsafeRawBufferPointer, of table: FieldTable, receivedAt: Timestamp
  ) {
    bytes = text
    faults.begin(text, of: table)
    self.receivedAt = receivedAt
  }

  /// Ends the event and hands over what was wrong with it.
  mutating func end() -> [FieldError] {
    bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    return faults.end()
  }

  /// The token of a located field's value.
  @inline(__always)
  func token(_ tape: JSONTape, slot: Int) -> JSONToken? {
    slots[slot] == JSONMembers.absent ? nil : tape.tokens[slots[slot]]
  }

  mutating func eventID(_ tape: JSONTape, entry: Int) -> EventID? {
    guard let token = token(tape, slot: entry) else { return nil }
    guard token.kind == .string, let id = EventID(text(token)) else {
      faults.fail(.field(entry), .format, "must be a UUID")
      return nil
    }
    return id
  }

  mutating func occurredAt(_ tape: JSONTape, entry: Int) -> Timestamp? {
    guard let token = token(tape, slot: entry) else { return nil }
    guard token.kind == .string, let moment = Timestamp.anyMoment(rfc3339: text(token)) else {
      faults.fail(.field(entry), .format, "must be an RFC 3339 date and time")
      return nil
    }
    guard moment.microseconds - receivedAt.microseconds <= microsecondsAhead else {
      faults.fail(
        .field(entry), .inFuture,
        "must not be more than \(microsecondsAhead / 3_600_000_000) h ahead")
      return nil
    }
    guard Timestamp.pointTimes.contains(moment) else {
      faults.fail(.field(entry), .outOfRange, Self.message(Timestamp.pointTimes))
      return nil
    }
    return moment
  }

  private static func message(_ moments: ClosedRange<Timestamp>) -> String {
    "must be from \(moments.lowerBound) to \(moments.upperBound)"
  }

  /// Writes `,"name":value` when the field has a value; says whether it had one.
  ///
  /// - Parameter base: where the object's first value stands among those that were located, less the place of its
  ///   first field.
  @discardableResult
  mutating func write(
    _ tape: JSONTape, entry: Int, of table: FieldTable, base: Int = 0, to writer: inout ByteWriter
  ) -> Bool {
    let declared = table.entries[entry]
    let index = slots[base + entry]
    guard index != JSONMembers.absent else {
      if declared.isRequired { faults.fail(.field(entry), .required, "is required") }
      return false
    }
    guard declared.passesIngest else { return false }
    table.text.withUnsafeBytes { text in
      let start = declared.prefixStart
      writer.write(UnsafeRawBufferPointer(rebasing: text[start..<start + declared.prefixCount]))
    }
    faults.enter(.field(entry))
    writeValue(tape, at: index, as: declared.check, of: table, to: &writer)
    faults.leave()
    return true
  }

  private mutating func writeValue(
    _ tape: JSONTape, at index: Int, as check: FieldTable.Check, of table: FieldTable,
    to writer: inout ByteWriter
  ) {
    let token = tape.tokens[index]
    switch check {
    case .string(let minimum, let maximum, let maximumBytes):
      guard token.kind == .string else { return faults.fail(.type, "must be a string") }
      let composed = maximum <= FieldType.longestName ? composedText(token, within: maximum) : nil
      let count = composed?.unicodeScalars.count ?? Int(token.count)
      if count > maximum {
        faults.fail(.tooLong, "must not be over \(maximum) characters")
      } else if count < minimum {
        faults.fail(
          .tooShort, minimum == 1 ? "must not be empty" : "must have \(minimum) characters")
      } else if let maximumBytes,
        composed.map({ $0.utf8.count > maximumBytes }) ?? isLonger(token, than: maximumBytes)
      {
        faults.fail(.tooLong, "must not be over \(maximumBytes) bytes in UTF-8")
      }
      guard let composed else { return writeString(token, to: &writer) }
      var written: [UInt8] = []
      JSONEscaping.append(composed, to: &written)
      // `CanonicalForm.bound(of:)` goes by twice what came. Three musical signs take thrice that.
      guard written.count - 2 <= 2 * text(token).count else {
        return writeString(token, to: &writer)
      }
      written.withUnsafeBytes { writer.write($0) }
    case .enumeration(let first, let count):
      guard token.kind == .string else { return faults.fail(.type, "must be a string") }
      guard isOne(text(token), of: table.words, first: first, count: count) else {
        let words = table.words[first..<first + count].map { String(decoding: $0, as: UTF8.self) }
        return faults.fail(.unknownValue, "must be one of " + words.joined(separator: ", "))
      }
      writeString(token, to: &writer)
    case .integer(let lowest, let highest):
      guard token.kind == .integer || token.kind == .number else {
        return faults.fail(.type, "must be a whole number")
      }
      guard let value = JSONNumber.integer(text(token), isInteger: token.kind == .integer) else {
        return faults.fail(.type, "must be a whole number of 64 bits")
      }
      guard lowest <= value, value <= highest else {
        return faults.fail(.outOfRange, "must be from \(lowest) to \(highest)")
      }
      if token.kind == .integer { writer.write(text(token)) } else { writer.write("\(value)".utf8) }
    case .number(let lowest, let highest):
      guard token.kind == .integer || token.kind == .number else {
        return faults.fail(.type, "must be a number")
      }
      let value = JSONNumber.double(text(token))
      guard lowest <= value, value <= highest else {
        return faults.fail(.outOfRange, "must be from \(lowest) to \(highest)")
      }
      writeNumber(token, to: &writer)
    case .boolean:
      guard token.kind == .boolean else { return faults.fail(.type, "must be true or false") }
      writer.write(text(token))
    case .timestamp:
      guard token.kind == .string, let moment = Timestamp.anyMoment(rfc3339: text(token)) else {
        return faults.fail(.format, "must be an RFC 3339 date and time")
      }
      guard Timestamp.storable.contains(moment) else {
        return faults.fail(.outOfRange, Self.message(Timestamp.storable))
      }
      writer.write(UInt8(ascii: "\""))
      writer.fill(Timestamp.canonicalLength) { moment.write(to: $0) }
      writer.write(UInt8(ascii: "\""))
    case .uuid:
      guard token.kind == .string, let id = EventID(text(token)) else {
        return faults.fail(.format, "must be a UUID")
      }
      writer.write(UInt8(ascii: "\""))
      writer.fill(EventID.textLength) { id.write(to: $0) }
      writer.write(UInt8(ascii: "\""))
    case .scalars(let maximum):
      guard token.kind == .object else { return faults.fail(.type, "must be an object of scalars") }
      guard token.count <= maximum else {
        return faults.fail(.tooMany, "must not have more than \(maximum) members")
      }
      guard token.deepest == token.depth + 1 || token.count == 0 else {
        return faults.fail(.type, "must hold strings, numbers, booleans and null only")
      }
      writeVerbatim(tape, at: index, to: &writer)
    case .json:
      writeVerbatim(tape, at: index, to: &writer)
    case .object(let object):
      guard token.kind == .object else { return faults.fail(.type, "must be an object") }
      writeObject(tape, at: index, table.objects[object], of: table, to: &writer)
    case .array(let element, let maximum):
      guard token.kind == .array else { return faults.fail(.type, "must be an array") }
      guard token.count <= maximum else {
        return faults.fail(.tooMany, "must not have more than \(maximum) elements")
      }
      writeArray(tape, at: index, as: table.entries[element].check, of: table, to: &writer)
    }
  }

  @inline(__always)
  private func isOne(
    _ text: UnsafeRawBufferPointer, of words: [[UInt8]], first: Int, count: Int
  ) -> Bool {
    for index in first..<first + count
    where words[index].isSame(as: text) { return true }
    return false
  }

  private mutating func writeObject(
    _ tape: JSONTape, at index: Int, _ object: FieldTable.Object, of table: FieldTable,
    to writer: inout ByteWriter
  ) {
    let first = object.members.findValues(of: index, in: tape, bytes, appendingTo: &slots)
    let start = writer.count
    for entry in object.fields {
      write(tape, entry: entry, of: table, base: first - object.fields.lowerBound, to: &writer)
    }
    slots.removeSubrange(first...)
    // Every member was written with a comma in front; the first one becomes the brace.
    if writer.count == start {
      writer.write(UInt8(ascii: "{"))
    } else {
      writer.openObject(at: start)
    }
    writer.write(UInt8(ascii: "}"))
  }

  private mutating func writeArray(
    _ tape: JSONTape, at index: Int, as check: FieldTable.Check, of table: FieldTable,
    to writer: inout ByteWriter
  ) {
    writer.write(UInt8(ascii: "["))
    var child = index + 1
    var position = 0
    while child < Int(tape.tokens[index].next) {
      if position > 0 { writer.write(UInt8(ascii: ",")) }
      faults.enter(.index(position))
      writeValue(tape, at: child, as: check, of: table, to: &writer)
      faults.leave()
      child = Int(tape.tokens[child].next)
      position += 1
    }
    writer.write(UInt8(ascii: "]"))
  }

  /// Writes any value as it is, without the white space around its parts.
  private mutating func writeVerbatim(_ tape: JSONTape, at index: Int, to writer: inout ByteWriter)
  {
    let token = tape.tokens[index]
    switch token.kind {
    case .string, .key: writeString(token, to: &writer)
    case .integer, .number: writeNumber(token, to: &writer)
    case .boolean, .null: writer.write(text(token))
    case .object, .array:
      let isObject = token.kind == .object
      writer.write(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
      var child = index + 1
      while child < Int(token.next) {
        if child > index + 1 { writer.write(UInt8(ascii: ",")) }
        if isObject {
          faults.enter(.key(tape.tokens[child]))
          writeString(tape.tokens[child], to: &writer)
          writer.write(UInt8(ascii: ":"))
          child += 1
        }
        writeVerbatim(tape, at: child, to: &writer)
        if isObject { faults.leave() }
        child = Int(tape.tokens[child].next)
      }
      writer.write(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
  }

  /// Writes a string as it came, escapes and all.
  private mutating func writeString(_ token: JSONToken, to writer: inout ByteWriter) {
    if token.traits.contains(.nul) {
      faults.fail(.nulCharacter, "must not hold the character U+0000")
    } else if token.traits.contains(.loneSurrogate) {
      faults.fail(.loneSurrogate, "must not hold half of a surrogate pair")
    }
    // With its quotes.
    writer.write(
      UnsafeRawBufferPointer(rebasing: bytes[Int(token.start) - 1..<Int(token.end) + 1]))
  }

  /// Writes a number as it came, unless it is longer than any double needs: databases take numbers
  /// of some thousand digits at most.
  private mutating func writeNumber(_ token: JSONToken, to writer: inout ByteWriter) {
    let raw = text(token)
    guard token.kind == .number || raw.count > 20 else { return writer.write(raw) }
    let value = JSONNumber.double(raw)
    guard value.isFinite else {
      return faults.fail(.outOfRange, "must be a number that a double can hold")
    }
    if value == 0 {
      writer.write(UInt8(ascii: "0"))
    } else if raw.count > 32 {
      writer.write("\(value)".utf8)
    } else {
      writer.write(raw)
    }
  }

  /// The string in Unicode's normal form C, when it is another than the one that came. Costs a text of ASCII one
  /// comparison.
  private func composedText(_ token: JSONToken, within maximum: Int) -> String? {
    let raw = text(token)
    // No normal form has less than a fourth of the scalars, so a longer text need not be looked at.
    guard Int(token.count) != raw.count, Int(token.count) <= 4 * maximum,
      token.traits.isDisjoint(with: [.nul, .loneSurrogate])
    else { return nil }
    let isEscaped = token.traits.contains(.escaped)
    if !isEscaped, ComposedText.isCertain(raw) { return nil }
    let value = JSONString.decode(raw, isEscaped: isEscaped)
    let composed = value.composed
    return composed.utf8.elementsEqual(value.utf8) ? nil : composed
  }

  /// Whether a string's text takes more bytes than `limit`. No escape is shorter than what it stands for.
  private func isLonger(_ token: JSONToken, than limit: Int) -> Bool {
    let raw = text(token)
    guard raw.count > limit, token.traits.contains(.escaped) else { return raw.count > limit }
    var count = 0
    JSONString.unescape(raw) { _ in count += 1 }
    return count > limit
  }

  @inline(__always)
  private func text(_ token: JSONToken) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
  }
}
