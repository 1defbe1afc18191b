/// The tokens of one JSON text, in order. Kept between texts so that scanning allocates nothing once
/// it has grown to the usual size.
public struct JSONTape: Sendable {
  public internal(set) var tokens: [JSONToken] = []

  public init() {
    tokens.reserveCapacity(256)
  }

  /// Scans `bytes`, which must hold exactly one JSON value and white space around it.
  ///
  /// - Parameter maximumDepth: containers inside one another; a guard for the scanner itself, far
  ///   above what an event may have.
  public mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    tokens.removeAll(keepingCapacity: true)
    guard bytes.count < Int(UInt32.max) else { throw JSONSyntaxError(.tooLarge, at: 0) }
    var scanner = JSONScanner(bytes: bytes, maximumDepth: maximumDepth)
    try scanner.scan(into: &tokens)
  }
}

/// One token of a scanned JSON text: where it stands, and what a reader needs to know of it without
/// looking at the bytes again.
///
/// An object is followed by its members, each a `key` token and its value's tokens; an array by its
/// elements.
public struct JSONToken: Sendable {
  public enum Kind: UInt8, Sendable {
    case object, array, key, string, integer, number, boolean, null
  }

  /// What was seen inside a string.
  public struct Traits: OptionSet, Sendable {
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
