/// Every setting with its value and where it came from.
public struct ResolvedSettings: Sendable {
  enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([String])
  }

  private var values: [String: (value: Value, origin: String)] = [:]

  /// - Throws: `ConfigurationError` for the first value that is malformed.
  public init(_ source: SettingsSource) throws(ConfigurationError) {
    for setting in Settings.all {
      for layer in source.layers {
        if let text = layer.texts[setting.key] {
          let name = layer.name(setting)
          values[setting.key] = (try Self.parse(text, as: setting, name: name), name)
          break
        }
      }
      if values[setting.key] == nil, let text = setting.defaultValue {
        values[setting.key] = (
          try Self.parse(text, as: setting, name: setting.key), "default"
        )
      }
    }
  }

  /// What `check-config` prints: a line for each setting, secrets hidden.
  public var lines: [String] {
    Settings.all.map { setting in
      guard let (value, origin) = values[setting.key] else { return "\(setting.key): (not set)" }
      let shown: String =
        if setting.isSecret {
          "(secret)"
        } else {
          switch value {
          case .text(let text): Self.withoutCredentials(text)
          case .integer(let number): String(number)
          case .boolean(let flag): String(flag)
          case .list(let elements): elements.joined(separator: ",")
          }
        }
      return "\(setting.key): \(shown)  # \(origin)"
    }
  }

  /// A URL without its user, password and query, any of which may let somebody in.
  private static func withoutCredentials(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else { return text }
    var rest = text[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    var shown = String(text[..<scheme.upperBound])
    if let at = authority.lastIndex(of: "@") {
      shown += "…@"
      rest = rest[rest.index(after: at)...]
    }
    guard let query = rest.firstIndex(where: { "?#".contains($0) }) else { return shown + rest }
    return shown + rest[...query] + "…"
  }

  /// Whether someone set it, rather than that it has its default.
  public func isGiven(_ key: String) -> Bool { values[key].map { $0.origin != "default" } ?? false }

  /// For how many days Agent Engine keeps a session.
  public var sessionTimeToLiveDays: Int { integer("agent_engine.ttl_days") }

  func text(_ key: String) -> String? {
    if case .text(let text)? = values[key]?.value { text } else { nil }
  }

  /// - Throws: when the setting, which `purpose` cannot do without, is not set.
  func text(_ key: String, for purpose: String) throws(ConfigurationError) -> String {
    guard let text = text(key) else {
      let variable = Settings.all.first { $0.key == key }?.variable ?? key
      throw ConfigurationError(variable, "is not set, and \(purpose) needs it")
    }
    return text
  }

  func integer(_ key: String) -> Int {
    guard case .integer(let number)? = values[key]?.value else {
      preconditionFailure("\(key) is declared as an integer with a default")
    }
    return number
  }

  func boolean(_ key: String) -> Bool {
    guard case .boolean(let flag)? = values[key]?.value else {
      preconditionFailure("\(key) is declared as a boolean with a default")
    }
    return flag
  }

  func list(_ key: String) -> [String] {
    guard let elements = givenList(key) else {
      preconditionFailure("\(key) is declared as a list with a default")
    }
    return elements
  }

  /// Nil when it is not set and has no default.
  func givenList(_ key: String) -> [String]? {
    if case .list(let elements)? = values[key]?.value { elements } else { nil }
  }

  private static func parse(
    _ text: String, as setting: Setting, name: String
  ) throws(ConfigurationError) -> Value {
    switch setting.kind {
    case .text:
      return .text(text)
    case .integer(let range):
      guard let number = Int(text), range.contains(number) else {
        throw ConfigurationError(
          name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return .integer(number)
    case .boolean:
      switch text.lowercased() {
      case "true", "yes", "on", "1": return .boolean(true)
      case "false", "no", "off", "0": return .boolean(false)
      default: throw ConfigurationError(name, "must be true or false")
      }
    case .choice(let words):
      guard words.contains(text) else {
        throw ConfigurationError(name, "must be one of " + words.joined(separator: ", "))
      }
      return .text(text)
    case .list(let words):
      let elements = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        .filter { !$0.isEmpty }
      if let words, let unknown = elements.first(where: { !words.contains($0) }) {
        throw ConfigurationError(
          name, "holds \(unknown); it may hold " + words.joined(separator: ", "))
      }
      guard !elements.isEmpty else { throw ConfigurationError(name, "must not be empty") }
      return .list(elements)
    }
  }
}
