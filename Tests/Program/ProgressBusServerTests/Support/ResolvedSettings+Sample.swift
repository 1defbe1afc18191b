import FoundationEssentials
import ProgressBusTesting

@testable import ProgressBusServer

extension ResolvedSettings {
  /// Settings of nothing but what is given here.
  static func sample(
    overrides: [String: String] = [:], environment: [String: String] = [:], yaml: String = ""
  ) async throws -> ResolvedSettings {
    try await withTemporaryFolder("settings") { folder in
      let path = "\(folder)/settings.yaml"
      try yaml.write(toFile: path, atomically: true, encoding: .utf8)
      return try ResolvedSettings(
        SettingsSource(overrides: overrides, environment: environment, file: path))
    }
  }

  /// What the settings are refused with; the file is named `FILE`.
  static func refusal(
    overrides: [String: String] = [:], environment: [String: String] = [:], yaml: String = ""
  ) async throws -> ConfigurationError? {
    do {
      _ = try await sample(overrides: overrides, environment: environment, yaml: yaml)
      return nil
    } catch let error as ConfigurationError {
      let name = error.name.split(separator: " ").map { word in
        word.hasSuffix("/settings.yaml") ? "FILE" : String(word)
      }
      return ConfigurationError(name.joined(separator: " "), error.reason)
    }
  }
}
