/// The tokens of one JSON text, in order. Kept between texts so that scanning allocates nothing once
/// it has grown to the usual size.
public struct JSONTape: Sendable {
  public private(set) var tokens = JSONTokens()

  public init() {}

  /// Scans `bytes`, which must hold exactly one JSON value and white space around it.
  ///
  /// - Parameter maximumDepth: containers inside one another; a guard for the scanner itself, far
  ///   above what an event may have.
  public mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    tokens.removeAll()
    guard bytes.count < Int(UInt32.max) else { throw JSONSyntaxError(.tooLarge, at: 0) }
    while true {
      var isFull = false
      var fault: JSONSyntaxError?
      tokens.fill { memory in
        var scanner = JSONScanner(bytes: bytes, maximumDepth: maximumDepth, into: memory)
        do throws(JSONSyntaxError) { try scanner.scan() } catch { fault = error }
        isFull = scanner.isFull
        return scanner.tokenCount
      }
      // A text with more tokens than any before it is scanned anew.
      if isFull {
        tokens.grow()
      } else if let fault {
        throw fault
      } else {
        return
      }
    }
  }
}

/// The tokens of a tape.
public struct JSONTokens: Sendable, RandomAccessCollection {
  public private(set) var count = 0
  /// Tokens of earlier texts stand behind `count`, so that nothing is checked and moved for each that is added.
  private var memory: [JSONToken]

  init() {
    let blank = JSONToken(
      kind: .null, traits: [], depth: 0, start: 0, end: 0, next: 0, count: 0, deepest: 0)
    memory = Array(repeating: blank, count: 256)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> JSONToken {
    precondition(index < count)
    return memory[index]
  }

  public func withUnsafeBufferPointer<Value>(
    _ body: (UnsafeBufferPointer<JSONToken>) throws -> Value
  ) rethrows -> Value {
    try memory.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[..<count])) }
  }

  mutating func removeAll() { count = 0 }

  /// - Parameter body: fills the memory from its start, and returns how many tokens there are.
  mutating func fill(_ body: (UnsafeMutableBufferPointer<JSONToken>) -> Int) {
    count = memory.withUnsafeMutableBufferPointer { body($0) }
  }

  /// Makes room for twice as many.
  mutating func grow() { memory += memory }
}

/// One token of a scanned JSON text: where it stands, and what a reader needs to know of it without
/// looking at the bytes again.
///
/// An object is followed by its members, each a `key` token and its value's tokens; an array by its
/// elements.
public struct JSONToken: Sendable, BitwiseCopyable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    case object, array, key, string, integer, number, boolean, null
  }

  /// What was seen inside a string.
  public struct Traits: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The string holds at least one escape, so its bytes are not its value.
    public static let escaped = Traits(rawValue: 1)
    /// The string holds U+0000.
    public static let nul = Traits(rawValue: 2)
    /// The string holds an escaped surrogate without its partner, so it is no Unicode text.
    public static let loneSurrogate = Traits(rawValue: 4)
  }

  public var kind: Kind
  public var traits: Traits
  /// How many containers stand around it; 0 at the top.
  public var depth: UInt16
  /// The first byte; for a string or a key the one after the quote.
  public var start: UInt32
  /// The byte after the last; for a string or a key the closing quote.
  public var end: UInt32
  /// The index of the token after this value and all that it contains.
  public var next: UInt32
  /// Unicode scalars in a string, elements or members in a container.
  public var count: UInt32
  /// For a container, the deepest token inside it; otherwise its own depth.
  public var deepest: UInt16
}

/// Why a text is not JSON (RFC 8259), and where.
public struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case empty = "the text is empty"
    case unexpectedEnd = "the text ends in the middle"
    case unexpectedByte = "a character stands where it may not"
    case controlCharacter = "a control character stands unescaped in a string"
    case invalidEscape = "a string holds an unknown escape"
    case invalidUTF8 = "the text is not UTF-8"
    case invalidNumber = "a number is malformed"
    case trailingBytes = "something follows the end of the value"
    case tooDeep = "the nesting is too deep"
    case tooLarge = "the text is too large"
  }

  public let reason: Reason
  /// Bytes from the start of the text.
  public let offset: Int

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  public var description: String { "\(reason.rawValue), at byte \(offset)" }
}
