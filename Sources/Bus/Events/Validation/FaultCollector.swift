/// Gathers what is wrong with one event, and knows where in it the check stands.
struct FaultCollector {
  /// A step from a container to one of its values.
  enum Step {
    case name(String)
    case index(Int)
  }

  /// More errors than this tell nobody more about one event.
  private static let maximum = 16

  private var errors: [FieldError] = []
  private var path: [Step] = []

  mutating func enter(_ step: Step) { path.append(step) }

  mutating func leave() { path.removeLast() }

  mutating func fail(_ step: Step, _ code: FieldError.Code, _ message: String) {
    enter(step)
    fail(code, message)
    leave()
  }

  mutating func fail(_ code: FieldError.Code, _ message: String) {
    guard errors.count < Self.maximum else { return }
    errors.append(FieldError(pointer, code, message))
  }

  /// Hands the errors over and forgets them.
  mutating func take() -> [FieldError] {
    guard !errors.isEmpty else { return [] }
    defer { errors = [] }
    return errors
  }

  private var pointer: String {
    var pointer = ""
    for step in path {
      switch step {
      case .name(let name):
        pointer += "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
      case .index(let index): pointer += "/\(index)"
      }
    }
    return pointer
  }
}
