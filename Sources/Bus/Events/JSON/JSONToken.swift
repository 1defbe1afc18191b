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
