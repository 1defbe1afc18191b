/// A one-pass scanner of JSON (RFC 8259) that fills a tape and copies nothing.
///
/// Our own because the edge must tell apart, an event at a time, what a parser that stops at the
/// first fault cannot: a lone surrogate or a number beyond a double is valid JSON that one event of a
/// batch may not hold, and must not cost the others. Values are copied on as the bytes they came in.
struct JSONScanner {
  /// What an open container has in the place of `next` when nothing stands around it.
  private static let noParent = UInt32.max

  private let bytes: UnsafePointer<UInt8>
  private let count: Int
  private let maximumDepth: Int
  private let tokens: UnsafeMutableBufferPointer<JSONToken>
  private var position = 0
  /// The innermost container that is open, which has the one around it as its `next` until it ends.
  private var container = noParent
  private var depth = 0
  private(set) var tokenCount = 0
  /// Whether a scan failed for want of memory alone.
  private(set) var isFull = false

  /// - Parameter tokens: memory for the tokens, which is initialised.
  init(
    bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int,
    into tokens: UnsafeMutableBufferPointer<JSONToken>
  ) {
    // A text without bytes has no address, and no byte of it is looked at.
    self.bytes = bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!
    count = bytes.count
    self.maximumDepth = maximumDepth
    self.tokens = tokens
  }

  mutating func scan() throws(JSONSyntaxError) {
    skipWhitespace()
    guard position < count else { throw JSONSyntaxError(.empty, at: position) }
    try scanValue()
    while container != Self.noParent {
      skipWhitespace()
      guard position < count else { throw end() }
      let open = Int(container)
      let isObject = tokens[open].kind == .object
      let byte = bytes[position]
      if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        position += 1
        close(open)
        continue
      }
      if tokens[open].count > 0 {
        guard byte == UInt8(ascii: ",") else { throw unexpected() }
        position += 1
        skipWhitespace()
      }
      tokens[open].count += 1
      if isObject { try scanKey() }
      try scanValue()
    }
    skipWhitespace()
    guard position == count else { throw JSONSyntaxError(.trailingBytes, at: position) }
  }

  private mutating func close(_ index: Int) {
    container = tokens[index].next
    depth -= 1
    tokens[index].end = UInt32(position)
    tokens[index].next = UInt32(tokenCount)
    guard container != Self.noParent else { return }
    let parent = Int(container)
    tokens[parent].deepest = max(tokens[parent].deepest, tokens[index].deepest)
  }

  @inline(__always)
  private mutating func scanKey() throws(JSONSyntaxError) {
    guard position < count else { throw end() }
    guard bytes[position] == UInt8(ascii: "\"") else { throw unexpected() }
    try scanString(as: .key)
    skipWhitespace()
    guard position < count else { throw end() }
    guard bytes[position] == UInt8(ascii: ":") else { throw unexpected() }
    position += 1
    skipWhitespace()
  }

  /// Scans a scalar whole, or opens a container.
  @inline(__always)
  private mutating func scanValue() throws(JSONSyntaxError) {
    guard position < count else { throw end() }
    switch bytes[position] {
    case UInt8(ascii: "\""): try scanString(as: .string)
    case UInt8(ascii: "{"): try openContainer(.object)
    case UInt8(ascii: "["): try openContainer(.array)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
    case UInt8(ascii: "t"): try scanWord("true", as: .boolean)
    case UInt8(ascii: "f"): try scanWord("false", as: .boolean)
    case UInt8(ascii: "n"): try scanWord("null", as: .null)
    default: throw unexpected()
    }
  }

  private mutating func openContainer(_ kind: JSONToken.Kind) throws(JSONSyntaxError) {
    guard depth < maximumDepth else { throw JSONSyntaxError(.tooDeep, at: position) }
    let parent = container
    container = UInt32(tokenCount)
    try append(kind, start: position, end: position)
    depth += 1
    tokens[Int(container)].next = parent
    tokens[Int(container)].deepest = UInt16(depth)
    position += 1
  }

  private mutating func scanWord(
    _ word: StaticString, as kind: JSONToken.Kind
  ) throws(JSONSyntaxError) {
    let length = word.utf8CodeUnitCount
    for index in 0..<length {
      guard position + index < count else { throw end() }
      guard bytes[position + index] == word.utf8Start[index] else {
        throw JSONSyntaxError(.unexpectedByte, at: position + index)
      }
    }
    try append(kind, start: position, end: position + length)
    position += length
  }

  private mutating func scanNumber() throws(JSONSyntaxError) {
    let start = position
    var kind = JSONToken.Kind.integer
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    if position < count, bytes[position] == UInt8(ascii: "0") {
      position += 1
    } else {
      try scanDigits()
    }
    if position < count, bytes[position] == UInt8(ascii: ".") {
      kind = .number
      position += 1
      try scanDigits()
    }
    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      kind = .number
      position += 1
      if position < count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      try scanDigits()
    }
    try append(kind, start: start, end: position)
  }

  /// One digit or more.
  @inline(__always)
  private mutating func scanDigits() throws(JSONSyntaxError) {
    let start = position
    while position < count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    guard position > start else {
      throw position < count ? JSONSyntaxError(.invalidNumber, at: position) : end()
    }
  }

  @inline(__always)
  private mutating func scanString(as kind: JSONToken.Kind) throws(JSONSyntaxError) {
    position += 1
    let start = position
    skipPlainText()
    var scalars = position - start
    var traits: JSONToken.Traits = []
    guard position < count else { throw end() }
    if bytes[position] != UInt8(ascii: "\"") {
      traits = try scanRestOfString(counting: &scalars)
    }
    try append(kind, start: start, end: position, traits: traits, count: scalars)
    position += 1
  }

  /// Passes over ASCII characters that stand for themselves in a string, eight at a time.
  @inline(__always)
  private mutating func skipPlainText() {
    let highBits: UInt64 = 0x8080_8080_8080_8080
    /// The high bit of each byte that is less than those of `limits`; of the first such byte for certain, and of
    /// none before it (Mycroft, 1987).
    func lessBytes(_ word: UInt64, _ limits: UInt64) -> UInt64 {
      (word &- limits) & ~word & highBits
    }
    while position + 8 <= count {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self))
      let other =
        word & highBits | lessBytes(word, 0x2020_2020_2020_2020)
        | lessBytes(word ^ 0x2222_2222_2222_2222, 0x0101_0101_0101_0101)
        | lessBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C, 0x0101_0101_0101_0101)
      guard other == 0 else {
        position += other.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
    while position < count, isPlain(bytes[position]) { position += 1 }
  }

  @inline(__always)
  private func isPlain(_ byte: UInt8) -> Bool {
    byte &- 0x20 < 0x60 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Goes on to the closing quote from the first byte that needs a look.
  @inline(never)
  private mutating func scanRestOfString(
    counting scalars: inout Int
  ) throws(JSONSyntaxError) -> JSONToken.Traits {
    var traits: JSONToken.Traits = []
    while true {
      guard position < count else { throw end() }
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") { return traits }
      if byte == UInt8(ascii: "\\") {
        traits.formUnion(try scanEscape())
      } else if byte < 0x20 {
        throw JSONSyntaxError(.controlCharacter, at: position)
      } else if byte < 0x80 {
        let start = position
        skipPlainText()
        scalars += position - start
        continue
      } else {
        position += try lengthOfMultibyteScalar(byte)
      }
      scalars += 1
    }
  }

  private mutating func scanEscape() throws(JSONSyntaxError) -> JSONToken.Traits {
    guard position + 1 < count else { throw end() }
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
      guard unit < 0xDC00, position + 1 < count, bytes[position] == UInt8(ascii: "\\"),
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
    guard offset + 4 <= count else { throw end() }
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
      position + offset < count && range.contains(bytes[position + offset])
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

  @inline(__always)
  private mutating func skipWhitespace() {
    while position < count, bytes[position] <= 0x20 {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  @inline(__always)
  private mutating func append(
    _ kind: JSONToken.Kind, start: Int, end: Int, traits: JSONToken.Traits = [], count: Int = 0
  ) throws(JSONSyntaxError) {
    guard tokenCount < tokens.count else {
      isFull = true
      throw JSONSyntaxError(.tooLarge, at: position)
    }
    let depth = UInt16(truncatingIfNeeded: depth)
    tokens[tokenCount] = JSONToken(
      kind: kind, traits: traits, depth: depth, start: UInt32(truncatingIfNeeded: start),
      end: UInt32(truncatingIfNeeded: end), next: UInt32(truncatingIfNeeded: tokenCount + 1),
      count: UInt32(truncatingIfNeeded: count), deepest: depth)
    tokenCount += 1
  }

  private func end() -> JSONSyntaxError { JSONSyntaxError(.unexpectedEnd, at: count) }
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
