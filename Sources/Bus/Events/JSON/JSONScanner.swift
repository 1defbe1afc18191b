/// A one-pass scanner of JSON (RFC 8259) that fills a tape and copies nothing.
///
/// Our own because the edge must tell apart, an event at a time, what a parser that stops at the
/// first fault cannot: a lone surrogate or a number beyond a double is valid JSON that one event of a
/// batch may not hold, and must not cost the others. Values are copied on as the bytes they came in.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let maximumDepth: Int
  private var position = 0
  /// Indices of the containers that are open.
  private var open: [Int] = []

  init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func scan(into tokens: inout [JSONToken]) throws(JSONSyntaxError) {
    skipWhitespace()
    guard position < bytes.count else { throw JSONSyntaxError(.empty, at: position) }
    try scanValue(into: &tokens)
    while let container = open.last {
      skipWhitespace()
      guard position < bytes.count else { throw end() }
      let isObject = tokens[container].kind == .object
      let byte = bytes[position]
      if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        position += 1
        close(container, in: &tokens)
        continue
      }
      if tokens[container].count > 0 {
        guard byte == UInt8(ascii: ",") else { throw unexpected() }
        position += 1
        skipWhitespace()
      }
      tokens[container].count += 1
      if isObject { try scanKey(into: &tokens) }
      try scanValue(into: &tokens)
    }
    skipWhitespace()
    guard position == bytes.count else { throw JSONSyntaxError(.trailingBytes, at: position) }
  }

  private mutating func close(_ container: Int, in tokens: inout [JSONToken]) {
    open.removeLast()
    tokens[container].end = UInt32(position)
    tokens[container].next = UInt32(tokens.count)
    if let parent = open.last, tokens[parent].deepest < tokens[container].deepest {
      tokens[parent].deepest = tokens[container].deepest
    }
  }

  private mutating func scanKey(into tokens: inout [JSONToken]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw end() }
    guard bytes[position] == UInt8(ascii: "\"") else { throw unexpected() }
    try scanString(as: .key, into: &tokens)
    skipWhitespace()
    guard position < bytes.count else { throw end() }
    guard bytes[position] == UInt8(ascii: ":") else { throw unexpected() }
    position += 1
    skipWhitespace()
  }

  /// Scans a scalar whole, or opens a container.
  private mutating func scanValue(into tokens: inout [JSONToken]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw end() }
    switch bytes[position] {
    case UInt8(ascii: "\""): try scanString(as: .string, into: &tokens)
    case UInt8(ascii: "{"): try openContainer(.object, into: &tokens)
    case UInt8(ascii: "["): try openContainer(.array, into: &tokens)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try scanNumber(into: &tokens)
    case UInt8(ascii: "t"): try scanWord("true", as: .boolean, into: &tokens)
    case UInt8(ascii: "f"): try scanWord("false", as: .boolean, into: &tokens)
    case UInt8(ascii: "n"): try scanWord("null", as: .null, into: &tokens)
    default: throw unexpected()
    }
  }

  private mutating func openContainer(
    _ kind: JSONToken.Kind, into tokens: inout [JSONToken]
  ) throws(JSONSyntaxError) {
    guard open.count < maximumDepth else { throw JSONSyntaxError(.tooDeep, at: position) }
    append(kind, start: position, end: position, into: &tokens)
    open.append(tokens.count - 1)
    tokens[tokens.count - 1].deepest = UInt16(open.count)
    position += 1
  }

  private mutating func scanWord(
    _ word: StaticString, as kind: JSONToken.Kind, into tokens: inout [JSONToken]
  ) throws(JSONSyntaxError) {
    let length = word.utf8CodeUnitCount
    for index in 0..<length {
      guard position + index < bytes.count else {
        throw JSONSyntaxError(.unexpectedEnd, at: bytes.count)
      }
      guard bytes[position + index] == word.utf8Start[index] else {
        throw JSONSyntaxError(.unexpectedByte, at: position + index)
      }
    }
    append(kind, start: position, end: position + length, into: &tokens)
    position += length
  }

  private mutating func scanNumber(into tokens: inout [JSONToken]) throws(JSONSyntaxError) {
    let start = position
    var kind = JSONToken.Kind.integer
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
      position += 1
    } else {
      try scanDigits()
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      kind = .number
      position += 1
      try scanDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      kind = .number
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      try scanDigits()
    }
    append(kind, start: start, end: position, into: &tokens)
  }

  /// One digit or more.
  private mutating func scanDigits() throws(JSONSyntaxError) {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    guard position > start else {
      throw position < bytes.count ? JSONSyntaxError(.invalidNumber, at: position) : end()
    }
  }

  private mutating func scanString(
    as kind: JSONToken.Kind, into tokens: inout [JSONToken]
  ) throws(JSONSyntaxError) {
    position += 1
    let start = position
    var traits: JSONToken.Traits = []
    var scalars = 0
    while true {
      guard position < bytes.count else { throw end() }
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        traits.formUnion(try scanEscape())
      } else if byte < 0x20 {
        throw JSONSyntaxError(.controlCharacter, at: position)
      } else if byte < 0x80 {
        position += 1
      } else {
        position += try lengthOfMultibyteScalar(byte)
      }
      scalars += 1
    }
    append(kind, start: start, end: position, into: &tokens)
    tokens[tokens.count - 1].traits = traits
    tokens[tokens.count - 1].count = UInt32(scalars)
    position += 1
  }

  private mutating func scanEscape() throws(JSONSyntaxError) -> JSONToken.Traits {
    guard position + 1 < bytes.count else { throw end() }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
      return .escaped
    case UInt8(ascii: "u"):
      let unit = try codeUnit(at: position + 2)
      position += 6
      if unit == 0 { return [.escaped, .nul] }
      guard unit & 0xF800 == 0xD800 else { return .escaped }
      // A high surrogate must be followed by an escaped low one (RFC 8259, section 7).
      guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { return [.escaped, .loneSurrogate] }
      guard try codeUnit(at: position + 2) & 0xFC00 == 0xDC00 else {
        return [.escaped, .loneSurrogate]
      }
      position += 6
      return .escaped
    default:
      throw JSONSyntaxError(.invalidEscape, at: position)
    }
  }

  private func codeUnit(at offset: Int) throws(JSONSyntaxError) -> UInt16 {
    guard offset + 4 <= bytes.count else { throw end() }
    var unit: UInt16 = 0
    for index in offset..<offset + 4 {
      guard let digit = hexadecimalValue(bytes[index]) else {
        throw JSONSyntaxError(.invalidEscape, at: index)
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// Checks one scalar of two to four bytes (The Unicode Standard, table 3-7).
  private func lengthOfMultibyteScalar(_ first: UInt8) throws(JSONSyntaxError) -> Int {
    func continuation(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      position + offset < bytes.count && range.contains(bytes[position + offset])
    }
    switch first {
    case 0xC2...0xDF:
      if continuation(1) { return 2 }
    case 0xE0...0xEF:
      let second: ClosedRange<UInt8> =
        first == 0xE0 ? 0xA0...0xBF : first == 0xED ? 0x80...0x9F : 0x80...0xBF
      if continuation(1, second), continuation(2) { return 3 }
    case 0xF0...0xF4:
      let second: ClosedRange<UInt8> =
        first == 0xF0 ? 0x90...0xBF : first == 0xF4 ? 0x80...0x8F : 0x80...0xBF
      if continuation(1, second), continuation(2), continuation(3) { return 4 }
    default: break
    }
    throw JSONSyntaxError(.invalidUTF8, at: position)
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private func append(
    _ kind: JSONToken.Kind, start: Int, end: Int, into tokens: inout [JSONToken]
  ) {
    let depth = UInt16(open.count)
    tokens.append(
      JSONToken(
        kind: kind, traits: [], depth: depth, start: UInt32(start), end: UInt32(end),
        next: UInt32(tokens.count + 1), count: 0, deepest: depth))
  }

  private func end() -> JSONSyntaxError { JSONSyntaxError(.unexpectedEnd, at: bytes.count) }
  private func unexpected() -> JSONSyntaxError { JSONSyntaxError(.unexpectedByte, at: position) }
}

/// The value of a hexadecimal digit, or nil.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
