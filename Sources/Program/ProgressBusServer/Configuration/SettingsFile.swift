private import Yams

/// What a YAML file sets: texts by key, as one would write them in the environment.
///
/// The scalars stay as they are written, so that a password such as `007` or `1e5` is no number.
struct SettingsFile: Sendable {
  private(set) var texts: [String: String] = [:]
  private let path: String
  private let settings: [String: Setting]

  /// - Throws: `ConfigurationError` for what is no YAML, for a key that no setting has and for a value
  ///   of the wrong shape.
  init(parsing yaml: String, path: String) throws(ConfigurationError) {
    self.path = path
    settings = Dictionary(uniqueKeysWithValues: Settings.all.map { ($0.key, $0) })
    let root: Node?
    do {
      root = try compose(yaml: yaml)
    } catch {
      throw ConfigurationError(path, "is no YAML: \(Self.fault(error))")
    }
    guard let root, root.null == nil else { return }
    guard let mapping = root.mapping else {
      throw ConfigurationError(path, "must be a mapping of settings")
    }
    try read(mapping, section: "")
  }

  private mutating func read(_ mapping: Node.Mapping, section: String) throws(ConfigurationError) {
    for (name, node) in mapping {
      guard let name = name.scalar?.string else {
        throw ConfigurationError(path, "holds a key that is no text")
      }
      let key = section + name
      if let setting = settings[key] {
        guard texts[key] == nil else { throw wrong(key, "is set twice") }
        if let text = try text(of: node, as: setting) { texts[key] = text }
      } else if settings.keys.contains(where: { $0.hasPrefix(key + ".") }) {
        // A section whose settings are all commented out is null.
        if node.null != nil { continue }
        guard let inner = node.mapping else { throw wrong(key, "must be a mapping of settings") }
        try read(inner, section: key + ".")
      } else {
        throw wrong(key, "is no setting")
      }
    }
  }

  /// - Returns: nil when the value is null: not set.
  private func text(of node: Node, as setting: Setting) throws(ConfigurationError) -> String? {
    if node.null != nil { return nil }
    if let scalar = node.scalar { return scalar.string }
    guard case .list = setting.kind else {
      throw wrong(setting.key, "must be a single value")
    }
    var elements: [String] = []
    for element in node.sequence.map(Array.init) ?? [node] {
      guard let scalar = element.scalar, !scalar.string.contains(",") else {
        throw wrong(setting.key, "must be a list of words")
      }
      elements.append(scalar.string)
    }
    guard !elements.isEmpty else { throw wrong(setting.key, "must not be empty") }
    return elements.joined(separator: ",")
  }

  /// Without the line itself, which the library's own description quotes: it may hold a secret.
  private static func fault(_ error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "\(problem), line \(mark.line)"
    case .reader(let problem, _, _, _): problem
    case .duplicatedKeysInMapping(let names, let context):
      "\(names.joined(separator: ", ")) stands twice in a mapping, line \(context.mark.line)"
    default: "it cannot be parsed"
    }
  }

  private func wrong(_ key: String, _ reason: String) -> ConfigurationError {
    ConfigurationError("\(key) in \(path)", reason)
  }
}
