internal import Configuration
public import Foundation
private import SystemPackage
private import Yams

/// Where settings come from: the first source that has one wins.
public struct SettingsSource: Sendable {
  /// One provider and the names that settings have in it.
  struct Layer: Sendable {
    let provider: any ConfigProvider
    let name: @Sendable (Setting) -> String
    let key: @Sendable (Setting) -> AbsoluteConfigKey
  }

  let layers: [Layer]

  /// Variables that begin like ours but belong to the notebook client or to a shell's convenience.
  private static let foreignVariables: Set<String> = [
    "PROGRESSBUS_URL", "PROGRESSBUS_TOKEN", "PROGRESSBUS_STUDENT", "PROGRESSBUS_STUDENT_NAME",
    "PROGRESSBUS_COURSE", "PROGRESSBUS_TEAM", "PROGRESSBUS_NOTEBOOK", "PROGRESSBUS_CODE",
    "PROGRESSBUS_SPOOL", "PROGRESSBUS_CONFIG",
  ]

  /// - Parameters:
  ///   - overrides: what the command line says, by key.
  ///   - environment: the process's variables.
  ///   - file: the YAML file's path, which must exist; nil for `progressbus.yaml`, which may not.
  /// - Throws: `ConfigurationError` for a name that no setting has and for a file that is no YAML.
  public init(
    overrides: [String: String] = [:],
    environment: [String: String] = ProcessInfo.processInfo.environment, file: String? = nil
  ) async throws(ConfigurationError) {
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
    if let layer = try await Self.fileLayer(
      file ?? environment["PROGRESSBUS_CONFIG"] ?? "progressbus.yaml",
      isOptional: file == nil && environment["PROGRESSBUS_CONFIG"] == nil, keys: keys)
    {
      layers.append(layer)
    }
    self.layers = layers
  }

  private static func environmentLayer(
    _ variables: [String: String], name: @escaping @Sendable (Setting) -> String
  ) -> Layer {
    Layer(
      provider: EnvironmentVariablesProvider(
        environmentVariables: variables.filter { !$0.value.isEmpty }),
      name: name,
      key: { AbsoluteConfigKey([$0.variable]) })
  }

  private static func fileLayer(
    _ path: String, isOptional: Bool, keys: Set<String>
  ) async throws(ConfigurationError) -> Layer? {
    guard let data = FileManager.default.contents(atPath: path) else {
      if isOptional && !FileManager.default.fileExists(atPath: path) { return nil }
      throw ConfigurationError(path, "cannot be read")
    }
    do {
      let root = try Yams.load(yaml: String(decoding: data, as: UTF8.self))
      guard root == nil || root is [String: Any] else {
        throw ConfigurationError(path, "must be a mapping of settings")
      }
      for key in leaves(root as? [String: Any] ?? [:], prefix: "") where !keys.contains(key) {
        throw ConfigurationError("\(key) in \(path)", "is no setting")
      }
      guard root != nil else { return nil }
      return Layer(
        provider: try await FileProvider<YAMLSnapshot>(filePath: FilePath(path)),
        name: { "\($0.key) in \(path)" },
        key: { AbsoluteConfigKey($0.key.split(separator: ".").map(String.init)) })
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(path, "is no YAML: \(error)")
    }
  }

  private static func leaves(_ mapping: [String: Any], prefix: String) -> [String] {
    mapping.keys.sorted().flatMap { name in
      (mapping[name] as? [String: Any]).map { leaves($0, prefix: prefix + name + ".") }
        ?? [prefix + name]
    }
  }
}
