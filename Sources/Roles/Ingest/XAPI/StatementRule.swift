import Events

/// What a value in a statement may be.
indirect enum StatementRule: Sendable {
  case text(StatementText)
  /// One of some words.
  case word(Set<String>)
  case boolean
  case number(ClosedRange<Double>)
  case count
  case object(StatementShape)
  /// An object whose `objectType` says which; what says none is of the first.
  case oneOf([(type: String, shape: StatementShape)])
  case list(StatementRule)
  /// One, or several in an array.
  case oneOrMore(StatementRule)
  /// Texts by their language.
  case languageMap
  /// Whatever its authors like, by IRIs.
  case extensions
}

/// An object of a statement: its members and which of them must be there. Others may not be.
struct StatementShape: Sendable {
  /// What says who an agent or a group is; exactly one of them does.
  static let identifiers = ["mbox", "mbox_sha1sum", "openid", "account"]

  enum Identification: Sendable {
    case none, required
    /// Of a group, whose members may say it.
    case orMembers
  }

  let members: [String: StatementRule]
  let required: [String]
  let identification: Identification

  init(
    _ members: [String: StatementRule], required: [String] = [],
    identification: Identification = .none
  ) {
    self.members = members
    self.required = required
    self.identification = identification
  }
}

/// Walks through a statement along its rules.
struct StatementWalk {
  private typealias Step = (pointer: String, value: SentValue)

  /// - Throws: the first fault.
  static func check(
    _ value: SentValue, _ pointer: String, is rule: StatementRule
  ) throws(FieldError) {
    switch rule {
    case .text(let form):
      let text = try text(of: value, pointer)
      if let fault = form.fault(of: text) { throw FieldError(pointer, .format, fault) }
    case .word(let words):
      guard words.contains(try text(of: value, pointer)) else {
        throw FieldError(
          pointer, .unknownValue, "must be one of \(words.sorted().joined(separator: ", "))")
      }
    case .boolean:
      guard value.boolean != nil else { throw FieldError(pointer, .type, "must be true or false") }
    case .number(let range):
      guard let number = value.number else { throw FieldError(pointer, .type, "must be a number") }
      guard range.contains(number) else {
        throw FieldError(
          pointer, .outOfRange, "must be from \(range.lowerBound) to \(range.upperBound)")
      }
    case .count:
      guard let number = value.integer, number >= 0 else {
        throw FieldError(pointer, .type, "must be a whole number from 0")
      }
    case .object(let shape): try check(value, pointer, has: shape)
    case .oneOf(let shapes): try check(value, pointer, has: try shape(of: value, pointer, shapes))
    case .list(let rule):
      guard value.kind == .array else { throw FieldError(pointer, .type, "must be an array") }
      for (place, element) in value.elements.enumerated() {
        try check(element, "\(pointer)/\(place)", is: rule)
      }
    case .oneOrMore(let rule):
      try check(value, pointer, is: value.kind == .array ? .list(rule) : rule)
    case .languageMap:
      try checkNames(value, pointer, are: .languageTag)
      for (name, text) in value.members {
        try check(text, step(pointer, name), is: .text(.any))
      }
    case .extensions: try checkNames(value, pointer, are: .iri)
    }
  }

  /// Of two members with one name nobody knows which counts, wherever they stand.
  ///
  /// - Throws: the first fault.
  static func checkNamesAreUnique(_ value: SentValue, _ pointer: String) throws(FieldError) {
    if value.kind == .object {
      var names: Set<String> = []
      for (name, member) in value.members {
        guard let name else {
          throw FieldError(pointer, .loneSurrogate, "has a name with half a surrogate pair")
        }
        guard names.insert(name).inserted else {
          throw FieldError(step(pointer, name), .duplicate, "is given more than once")
        }
        guard member.kind == .object || member.kind == .array else { continue }
        try checkNamesAreUnique(member, step(pointer, name))
      }
    }
    for (place, element) in value.elements.enumerated()
    where element.kind == .object || element.kind == .array {
      try checkNamesAreUnique(element, "\(pointer)/\(place)")
    }
  }

  private static func text(
    of value: SentValue, _ pointer: String
  ) throws(FieldError) -> String {
    guard let text = value.text else { throw FieldError(pointer, .type, "must be a string") }
    return text
  }

  private static func shape(
    of value: SentValue, _ pointer: String, _ shapes: [(type: String, shape: StatementShape)]
  ) throws(FieldError) -> StatementShape {
    guard let type = value["objectType"] else { return shapes[0].shape }
    guard let found = shapes.first(where: { $0.type == type.text }) else {
      let types = shapes.map(\.type).joined(separator: " or ")
      throw FieldError(pointer + "/objectType", .unknownValue, "must be \(types)")
    }
    return found.shape
  }

  private static func check(
    _ value: SentValue, _ pointer: String, has shape: StatementShape
  ) throws(FieldError) {
    guard value.kind == .object else { throw FieldError(pointer, .type, "must be an object") }
    for (name, member) in value.members {
      guard let name, let rule = shape.members[name] else {
        throw FieldError(step(pointer, name), .unknownValue, "is not known here")
      }
      guard member.kind != .null else {
        throw FieldError(step(pointer, name), .type, "must not be null")
      }
      try check(member, step(pointer, name), is: rule)
    }
    for name in shape.required where value[name] == nil {
      throw FieldError(step(pointer, name), .required, "is required")
    }
    let identifiers = StatementShape.identifiers.filter { value[$0] != nil }.count
    let words = StatementShape.identifiers.joined(separator: ", ")
    switch shape.identification {
    case .none: break
    case .required where identifiers != 1:
      throw FieldError(pointer, .required, "must have exactly one of \(words)")
    case .orMembers where identifiers > 1:
      throw FieldError(pointer, .required, "must have at most one of \(words)")
    case .orMembers
    where identifiers == 0 && !(value["member"]?.elements.contains { _ in true } ?? false):
      throw FieldError(pointer, .required, "must have members, or one of \(words)")
    default: break
    }
  }

  private static func checkNames(
    _ value: SentValue, _ pointer: String, are form: StatementText
  ) throws(FieldError) {
    guard value.kind == .object else { throw FieldError(pointer, .type, "must be an object") }
    for (name, _) in value.members {
      guard let name, form.fault(of: name) == nil else {
        throw FieldError(
          step(pointer, name), .format,
          form.fault(of: name ?? "").map { "has a name that \($0)" } ?? "has no name")
      }
    }
  }

  /// RFC 6901. A long name is cut: it is the sender's, and may be anything.
  private static func step(_ pointer: String, _ name: String?) -> String {
    // A letter may have any number of marks.
    let name = String((name ?? "").unicodeScalars.prefix(64)).replacing("~", with: "~0").replacing(
      "/", with: "~1")
    return "\(pointer)/\(name)"
  }
}
