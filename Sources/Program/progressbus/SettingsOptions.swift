import ArgumentParser
import ProgressBusServer

/// The settings that a command line can give. Any of them can also stand in the environment or in
/// `progressbus.yaml`.
struct SettingsOptions: ParsableArguments {
  @Option(help: "What to run: ingest, worker, dashboard, firestore-source, separated by commas.")
  var roles: String?

  @Option(help: "The address to listen on.")
  var httpHost: String?

  @Option(help: "The port to listen on; 0 takes a free one.")
  var httpPort: String?

  @Option(help: ArgumentHelp("A YAML file with settings.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Any setting, for example redis.url=…", valueName: "key=value"))
  var set: [String] = []

  func settings() async throws -> ResolvedSettings {
    var overrides: [String: String] = [:]
    for assignment in set {
      guard let equals = assignment.firstIndex(of: "=") else {
        throw ConfigurationError("--set \(assignment)", "must have the form key=value")
      }
      overrides[String(assignment[..<equals])] =
        String(assignment[assignment.index(after: equals)...])
    }
    overrides["roles"] = roles ?? overrides["roles"]
    overrides["http.host"] = httpHost ?? overrides["http.host"]
    overrides["http.port"] = httpPort ?? overrides["http.port"]
    return try ResolvedSettings(SettingsSource(overrides: overrides, file: config))
  }

  func serverConfiguration() async throws -> ServerConfiguration {
    try ServerConfiguration(await settings())
  }
}
