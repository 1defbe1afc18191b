import ArgumentParser
import BigQueryMirror
import Foundation
import LocalStack
import ProgressBusServer

/// The BigQuery mirror on this machine: a private emulator, where one can be had.
struct LocalMirror {
  private static let project = "local"
  /// The first start installs the emulator from PyPI; whoever waits longer than this would rather have
  /// everything else.
  private static let patience = Duration.seconds(90)

  private let folder: StateFolder
  private let emulator: BigQueryEmulator
  private let stack: LocalStack
  private let given: ResolvedSettings
  private let tell: @Sendable (String) -> Void

  /// Nil when the operator has decided about the mirror, on or off, or when the installer is not there.
  ///
  /// - Throws: `ConfigurationError`.
  static func plan(
    folder: StateFolder, port: Int, settings: [String], tell: @escaping @Sendable (String) -> Void
  ) async throws -> LocalMirror? {
    let given = try await SettingsOptions.parse(settings.flatMap { ["--set", $0] }).settings()
    if given.isGiven("bq_sync.enabled") { return nil }
    guard let scripts = scriptsFolder() else {
      tell("the BigQuery mirror stays off: the emulator's installer is not beside the program")
      return nil
    }
    let emulator = BigQueryEmulator(
      folder: folder.folder(of: "bigquery"), port: port, storagePort: try LoopbackPort.free(),
      project: project, environmentFolder: environmentFolder(), scriptsFolder: scripts,
      portFlag: "--bigquery-port")
    return LocalMirror(
      folder: folder, emulator: emulator, stack: LocalStack([emulator], report: tell),
      given: given, tell: tell)
  }

  /// Where the emulator is, or will be.
  var emulatorURL: String { emulator.url }

  /// Whether an earlier start made its tables, so that the server need not wait for it: rows queue in
  /// PostgreSQL until it answers.
  var isSetUp: Bool { FileManager.default.fileExists(atPath: setUpPath) }

  private var setUpPath: String { "\(emulator.folder)/set-up" }

  /// Starts the emulator and makes its tables, beside a server that runs already.
  func startBeside(_ configuration: ServerConfiguration) async {
    let otherwise = "the BigQuery mirror waits for its emulator"
    if await start(otherwise: otherwise) != nil {
      _ = await createTables(configuration, otherwise: otherwise)
    }
  }

  /// Starts the emulator.
  ///
  /// - Returns: its URL; nil when it cannot be had, which the operator has then been told.
  func start(otherwise: String = "the BigQuery mirror stays off") async -> String? {
    let starting = Task { try await stack.start() }
    let timer = Task {
      try await Task.sleep(for: Self.patience)
      starting.cancel()
      await stack.stop()
      return true
    }
    do {
      try await withTaskCancellationHandler {
        try await starting.value
      } onCancel: {
        starting.cancel()
      }
      timer.cancel()
      return emulator.url
    } catch {
      timer.cancel()
      if Task.isCancelled { return nil }
      // A timer that was still running throws.
      let isOver = (try? await timer.value) ?? false
      let reason =
        isOver ? "the emulator was not ready within \(Self.patience)" : Self.reason(error)
      tell("\(otherwise): \(reason)")
      return nil
    }
  }

  func stop() async { await stack.stop() }

  /// Settings that turn the mirror on, by variable; what the operator gave is left out.
  ///
  /// - Throws: `LocalStackError` when the salt cannot be kept.
  func settings() throws -> [String: String] {
    var settings = ["BQ_SYNC_ENABLED": "true", "BQ_SYNC_PROJECT_ID": Self.project]
    // Nobody pays for calls here, and people watch.
    if !given.isGiven("bq_sync.interval_seconds") { settings["BQ_SYNC_INTERVAL_SECONDS"] = "2" }
    if !given.isGiven("bq_sync.pseudonymization_salt"),
      !given.isGiven("bq_sync.pseudonymization_salt_secret")
    {
      settings["PSEUDONYMIZATION_SALT"] = try folder.secret(named: "pseudonymization-salt")
    }
    return settings
  }

  /// - Returns: whether the mirror has its tables; if not, the operator has been told why.
  func createTables(
    _ configuration: ServerConfiguration, otherwise: String = "the BigQuery mirror stays off"
  ) async -> Bool {
    do {
      let connections = try MirrorConnections.open(configuration)
      let report: TablesReport
      do {
        report = try await connections.controller.createTables(addColumns: true)
      } catch {
        await connections.close()
        throw error
      }
      await connections.close()
      if !report.isGood {
        tell("tables in the BigQuery emulator differ from what they should be: \(report.text)")
      }
      // Not worth an error: the next start only waits longer.
      _ = FileManager.default.createFile(atPath: setUpPath, contents: nil)
      return true
    } catch {
      tell("\(otherwise): \(error)")
      return false
    }
  }

  /// In one line.
  private static func reason(_ error: any Error) -> String {
    guard case LocalStackError.programFailed(_, _, let output)? = error as? LocalStackError,
      !output.isEmpty
    else { return "\(error)" }
    // The installer's last line says what is missing; those before it, what it tried.
    return output.split(separator: " | ").last.map(String.init) ?? output
  }

  /// Shared by all state folders: it takes 500 MB, and half a minute to install.
  private static func environmentFolder() -> String {
    let environment = ProcessInfo.processInfo.environment
    let caches =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? NSHomeDirectory() + "/.cache"
    return "\(caches)/progressbus/bigquery-emulator"
  }

  private static func scriptsFolder() -> String? {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    return ["../share/progressbus/scripts", "../../../scripts"]
      .map { program.appendingPathComponent($0).standardized.path }
      .first { FileManager.default.fileExists(atPath: "\($0)/install-bigquery-emulator") }
  }
}
