public import Foundation

/// Where settings come from: the command line, the environment, the file. The first that has one wins.
public struct SettingsSource: Sendable {
  /// What one place sets, by key, and how a setting is named there.
  struct Layer: Sendable {
    /// As one would write them in the environment.
    let texts: [String: String]
    let name: @Sendable (Setting) -> String
  }

  let layers: [Layer]

  /// Variables that begin like ours but belong to the notebook client or to a shell's convenience.
  private static let foreignVariables: Set<String> = [
    "PROGRESSBUS_CONFIG", "PROGRESSBUS_URL", "PROGRESSBUS_TOKEN", "PROGRESSBUS_TOKEN_FILE",
    "PROGRESSBUS_STUDENT",
    "PROGRESSBUS_STUDENT_NAME", "PROGRESSBUS_COURSE", "PROGRESSBUS_TEAM", "PROGRESSBUS_NOTEBOOK",
    "PROGRESSBUS_ROOT", "PROGRESSBUS_CODE", "PROGRESSBUS_ERROR_MESSAGES", "PROGRESSBUS_TIMEOUT",
    "PROGRESSBUS_SPOOL_DIR", "PROGRESSBUS_SPOOL_LIMIT",
  ]

  /// - Parameters:
  ///   - overrides: what the command line says, by key.
  ///   - environment: the process's variables.
  ///   - file: the YAML file's path, which must exist; nil for `progressbus.yaml`, which may not.
  /// - Throws: `ConfigurationError` for a name that no setting has and for a file that is no YAML.
  public init(
    overrides: [String: String] = [:],
    environment: [String: String] = ProcessInfo.processInfo.environment, file: String? = nil
  ) throws(ConfigurationError) {
    let keys = Set(Settings.all.map(\.key))
    if let unknown = overrides.keys.sorted().first(where: { !keys.contains($0) }) {
      throw ConfigurationError(unknown, "is no setting")
    }
    let variables = Set(Settings.all.map(\.variable))
      .union(Settings.all.filter(\.isSecret).map { $0.variable + "_FILE" })
    for name in environment.keys.sorted()
    where (name.hasPrefix("PROGRESSBUS_") || name.hasPrefix("BQ_SYNC_"))
      && !variables.contains(name) && !Self.foreignVariables.contains(name)
    {
      throw ConfigurationError(name, "is no setting")
    }
    var variablesByKey: [String: String] = [:]
    for setting in Settings.all {
      variablesByKey[setting.key] = try Self.value(of: setting, in: environment)
    }
    // What is set to nothing counts as not set, as in a compose file.
    var layers = [
      Layer(texts: overrides.filter { !$0.value.isEmpty }) { "--set \($0.key)" },
      Layer(texts: variablesByKey.filter { !$0.value.isEmpty }, name: \.variable),
    ]
    let variable = environment["PROGRESSBUS_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    if let layer = try Self.fileLayer(
      file ?? variable ?? "progressbus.yaml", isOptional: file == nil && variable == nil)
    {
      layers.append(layer)
    }
    self.layers = layers
  }

  /// A secret may stand in a file that `NAME_FILE` names, as container engines mount them: a variable can be
  /// read in more places.
  private static func value(
    of setting: Setting, in environment: [String: String]
  ) throws(ConfigurationError) -> String? {
    let given = environment[setting.variable].flatMap { $0.isEmpty ? nil : $0 }
    let name = setting.variable + "_FILE"
    guard setting.isSecret, let path = environment[name], !path.isEmpty else { return given }
    guard given == nil else {
      throw ConfigurationError(name, "is set, and so is \(setting.variable); one is enough")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(name, "names a file that cannot be read")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ConfigurationError(name, "names a file that is not UTF-8")
    }
    // An editor ends the last line, perhaps as Windows does, and the secret has no part in that.
    return text.last.map { ["\n", "\r\n", "\r"].contains($0) } == true
      ? String(text.dropLast()) : text
  }

  private static func fileLayer(
    _ path: String, isOptional: Bool
  ) throws(ConfigurationError) -> Layer? {
    guard let data = FileManager.default.contents(atPath: path) else {
      if isOptional && !FileManager.default.fileExists(atPath: path) { return nil }
      throw ConfigurationError(path, "cannot be read")
    }
    guard let yaml = String(data: data, encoding: .utf8) else {
      throw ConfigurationError(path, "is not UTF-8")
    }
    return Layer(texts: try SettingsFile(parsing: yaml, path: path).texts) {
      "\($0.key) in \(path)"
    }
  }
}
