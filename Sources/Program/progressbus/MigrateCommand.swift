import ArgumentParser
import PostgresDriver
import ProgressBusServer

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
