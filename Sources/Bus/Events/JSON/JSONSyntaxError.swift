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
