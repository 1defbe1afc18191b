public import ArgumentParser
import Foundation
import PostgresDriver
public import ProgressBusServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run one role or several against servers that are there.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await Server(configuration: options.serverConfiguration()).run()
  }
}

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the database's schema up to date. Safe when several start at once.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let applied = try await Migrator.run(options.serverConfiguration())
    for migration in applied { print("applied \(migration.fileName)") }
    if applied.isEmpty { print("nothing to do") }
  }
}

struct CheckConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Print every setting, where it comes from, and stop at the first that is wrong.",
    discussion:
      "With bus.confirmed_replicas, or a Redis Cluster, it asks Redis as well, and says on standard error what would lose accepted events."
  )

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try await options.settings()
    for line in settings.lines { print(line) }
    let configuration = try ServerConfiguration(settings)
    try configuration.check()
    for line in try await configuration.replicaWarnings() {
      FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
  }
}

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask a running process for its health: exit 0 when it is well, 1 when it is not.")

  @Argument(
    help: "live (does it answer?) or ready (can it do its work?).",
    completion: .list(HealthProbe.Question.allCases.map(\.rawValue)))
  var question = HealthProbe.Question.ready

  @Option(help: "Where it listens. Default: the address and port of the settings.")
  var url: String?

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let baseURL = if let url { url } else { try HealthProbe.baseURL(await options.settings()) }
    let answer = try await HealthProbe(baseURL: baseURL).ask(question)
    print(answer.body)
    if !answer.isHealthy { throw ExitCode.failure }
  }
}

extension HealthProbe.Question: ExpressibleByArgument {}
