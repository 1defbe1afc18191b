internal import Configuration
public import Foundation

/// Where settings come from: the first source that has one wins.
public struct SettingsSource: Sendable {
  /// One provider, which holds texts, and the names that settings have in it.
  struct Layer: Sendable {
    private let provider: any ConfigProvider
    private let key: @Sendable (Setting) -> AbsoluteConfigKey
    let name: @Sendable (Setting) -> String

    init(
      _ provider: any ConfigProvider, name: @escaping @Sendable (Setting) -> String,
      key: @escaping @Sendable (Setting) -> AbsoluteConfigKey
    ) {
      self.provider = provider
      self.name = name
      self.key = key
    }

    /// - Returns: nil when this layer does not set it.
    func text(_ setting: Setting) throws(ConfigurationError) -> String? {
      do {
        let value = try provider.value(forKey: key(setting), type: .string).value
        return if case .string(let text)? = value?.content { text } else { nil }
      } catch {
        throw ConfigurationError(name(setting), "cannot be read as text")
      }
    }
  }

  let layers: [Layer]

  /// Variables that begin like ours but belong to the notebook client or to a shell's convenience.
  private static let foreignVariables: Set<String> = [
    "PROGRESSBUS_CONFIG", "PROGRESSBUS_URL", "PROGRESSBUS_TOKEN", "PROGRESSBUS_STUDENT",
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
    for name in environment.keys.sorted()
    where (name.hasPrefix("PROGRESSBUS_") || name.hasPrefix("BQ_SYNC_"))
      && !variables.contains(name) && !Self.foreignVariables.contains(name)
    {
      throw ConfigurationError(name, "is no setting")
    }
    var layers = [
      Self.environmentLayer(
        Dictionary(
          uniqueKeysWithValues: Settings.all.compactMap { setting in
            overrides[setting.key].map { (setting.variable, $0) }
          })
      ) { "--set \($0.key)" },
      Self.environmentLayer(environment, name: \.variable),
    ]
    let variable = environment["PROGRESSBUS_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    if let layer = try Self.fileLayer(
      file ?? variable ?? "progressbus.yaml", isOptional: file == nil && variable == nil)
    {
      layers.append(layer)
    }
    self.layers = layers
  }

  private static func environmentLayer(
    _ variables: [String: String], name: @escaping @Sendable (Setting) -> String
  ) -> Layer {
    Layer(
      EnvironmentVariablesProvider(
        // A variable that is set to nothing counts as not set, as in a compose file.
        environmentVariables: variables.filter { !$0.value.isEmpty }),
      name: name, key: { AbsoluteConfigKey([$0.variable]) })
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
    let file = try SettingsFile(parsing: yaml, path: path)
    let values = file.texts.map { key, text in
      (AbsoluteConfigKey([key]), ConfigValue(.string(text), isSecret: false))
    }
    return Layer(
      InMemoryProvider(name: path, values: Dictionary(uniqueKeysWithValues: values)),
      name: { "\($0.key) in \(path)" }, key: { AbsoluteConfigKey([$0.key]) })
  }
}
