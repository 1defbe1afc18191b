import Events

/// A value in what another program sent. Only what is asked for is ever looked at. Valid as long as the body's bytes are.
struct SentValue {
  private let bytes: UnsafeRawBufferPointer
  private let tape: JSONTape
  private let index: Int

  /// - Parameter tape: made from `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, _ tape: JSONTape, at index: Int = 0) {
    self.bytes = bytes
    self.tape = tape
    self.index = index
  }

  private var token: JSONToken { tape.tokens[index] }

  var kind: JSONToken.Kind { token.kind }

  /// The value as it was sent.
  var source: UnsafeRawBufferPointer {
    let quote = token.kind == .string ? 1 : 0
    return UnsafeRawBufferPointer(
      rebasing: bytes[Int(token.start) - quote..<Int(token.end) + quote])
  }

  /// Nil for what is no text, or none that Unicode knows.
  var text: String? {
    guard token.kind == .string else { return nil }
    return decoded(token)
  }

  /// Nil for what is no whole number.
  var integer: Int64? {
    guard token.kind == .integer || token.kind == .number else { return nil }
    return JSONNumber.integer(source, isInteger: token.kind == .integer)
  }

  var boolean: Bool? { token.kind == .boolean ? source.first == UInt8(ascii: "t") : nil }

  /// A date and time of RFC 3339.
  var moment: Timestamp? {
    token.kind == .string
      ? Timestamp(rfc3339: UnsafeRawBufferPointer(rebasing: source.dropFirst().dropLast())) : nil
  }

  /// The elements of an array; none of anything else.
  var elements: some Sequence<SentValue> {
    let end = token.kind == .array ? Int(token.next) : index
    return sequence(state: index + 1) { next in
      guard next < end else { return nil }
      defer { next = Int(tape.tokens[next].next) }
      return SentValue(bytes, tape, at: next)
    }
  }

  /// The members of an object in their order, nulls too; none of anything else. A name is nil that Unicode does not know.
  var members: some Sequence<(name: String?, value: SentValue)> {
    let end = token.kind == .object ? Int(token.next) : index
    return sequence(state: index + 1) { next in
      guard next < end else { return nil }
      let name = decoded(tape.tokens[next])
      let value = SentValue(bytes, tape, at: next + 1)
      next = Int(value.token.next)
      return (name, value)
    }
  }

  /// Nil for what is no number, or too large for one.
  var number: Double? {
    guard token.kind == .integer || token.kind == .number else { return nil }
    return Double(String(decoding: source, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The member of an object. Of equal names the last counts, and null is as good as absent, as in our own events.
  subscript(name: some StringProtocol) -> SentValue? {
    guard token.kind == .object else { return nil }
    var found: SentValue?
    var next = index + 1
    while next < Int(token.next) {
      let key = tape.tokens[next]
      let value = tape.tokens[next + 1]
      if isName(key, name) {
        found = value.kind == .null ? nil : SentValue(bytes, tape, at: next + 1)
      }
      next = Int(value.next)
    }
    return found
  }

  /// What a JSON Pointer (RFC 6901) without escapes leads to.
  subscript(at pointer: String) -> SentValue? {
    pointer.split(separator: "/").reduce(self as SentValue?) { value, part in
      guard let value, value.kind == .array else { return value?[part] }
      guard let place = Int(part), place >= 0 else { return nil }
      return Array(value.elements.dropFirst(place).prefix(1)).first
    }
  }

  private func isName(_ key: JSONToken, _ name: some StringProtocol) -> Bool {
    guard key.traits.contains(.escaped) else {
      // Most names are told apart by their length alone.
      return Int(key.end - key.start) == name.utf8.count
        && bytes[Int(key.start)..<Int(key.end)].elementsEqual(name.utf8)
    }
    return decoded(key)?.utf8.elementsEqual(name.utf8) ?? false
  }

  private func decoded(_ token: JSONToken) -> String? {
    guard !token.traits.contains(.loneSurrogate) else { return nil }
    return JSONString.decode(
      UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)]),
      isEscaped: token.traits.contains(.escaped))
  }
}
