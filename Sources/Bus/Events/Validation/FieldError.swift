/// What is wrong with one field of an event.
public struct FieldError: Error, Sendable, Equatable {
  /// A machine-readable word for the fault.
  public enum Code: String, Sendable {
    case required, type, format, duplicate
    case tooShort = "too_short"
    case tooLong = "too_long"
    case tooLarge = "too_large"
    case tooDeep = "too_deep"
    case tooMany = "too_many"
    case outOfRange = "out_of_range"
    case unknownValue = "unknown_value"
    case unknownEventType = "unknown_event_type"
    case inFuture = "in_future"
    case nulCharacter = "nul_character"
    case loneSurrogate = "lone_surrogate"
    case syntax
  }

  /// Where, as a JSON Pointer (RFC 6901) from the event; empty for the event itself.
  public let pointer: String
  public let code: Code
  /// One sentence for a person. It names limits and fields and never repeats the value.
  public let message: String

  public init(_ pointer: String, _ code: Code, _ message: String) {
    self.pointer = pointer
    self.code = code
    self.message = message
  }
}
