/// Why an event was refused: one error or more.
public struct EventRejection: Error, Sendable, Equatable {
  public let errors: [FieldError]

  public init(_ errors: [FieldError]) {
    self.errors = errors
  }

  public init(_ error: FieldError) {
    self.init([error])
  }
}

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
    /// The sender may not send events of this learner, or into this course.
    case notAllowed = "not_allowed"
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

/// Gathers what is wrong with one event, and knows where in it the check stands.
///
/// Hardly an event has a fault, so the path is kept as plain values, and put into words for a fault alone.
struct FaultCollector {
  /// A step from a container to one of its values.
  enum Step: BitwiseCopyable {
    /// By its place in the table.
    case field(Int)
    /// By the token of a member's name.
    case key(JSONToken)
    case index(Int)
  }

  /// More errors than this tell nobody more about one event.
  private static let maximum = 16

  private var errors: [FieldError] = []
  private var path: [Step] = []
  private var table: FieldTable?
  private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

  /// - Parameter bytes: the text of the event, until `end`.
  mutating func begin(_ bytes: UnsafeRawBufferPointer, of table: FieldTable) {
    self.bytes = bytes
    if self.table !== table { self.table = table }
  }

  /// Hands the errors over and forgets them.
  mutating func end() -> [FieldError] {
    bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    guard !errors.isEmpty else { return [] }
    defer { errors = [] }
    return errors
  }

  @inline(__always)
  mutating func enter(_ step: Step) { path.append(step) }

  @inline(__always)
  mutating func leave() { path.removeLast() }

  mutating func fail(_ step: Step, _ code: FieldError.Code, _ message: String) {
    enter(step)
    fail(code, message)
    leave()
  }

  @inline(never)
  mutating func fail(_ code: FieldError.Code, _ message: String) {
    guard errors.count < Self.maximum else { return }
    errors.append(FieldError(pointer, code, message))
  }

  private var pointer: String {
    var pointer = ""
    for step in path {
      switch step {
      case .field(let place): pointer += "/\(table?.names[place] ?? "")"
      case .key(let token):
        pointer += "/" + name(token).replacing("~", with: "~0").replacing("/", with: "~1")
      case .index(let index): pointer += "/\(index)"
      }
    }
    return pointer
  }

  private func name(_ key: JSONToken) -> String {
    guard key.traits.isDisjoint(with: [.nul, .loneSurrogate]) else { return "?" }
    return JSONString.decode(
      UnsafeRawBufferPointer(rebasing: bytes[Int(key.start)..<Int(key.end)]),
      isEscaped: key.traits.contains(.escaped))
  }
}
