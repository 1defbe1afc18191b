import ArgumentParser
import Foundation

@main
struct ProgressBus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "progressbus",
    abstract: "Carries learning progress from notebooks to everyone who needs it.",
    subcommands: [
      UpCommand.self, ServeCommand.self, MigrateCommand.self, DeadLettersCommand.self,
      BigQueryCommand.self, SessionsCommand.self, TokenCommand.self, ExportCommand.self,
      EraseCommand.self, OutlineCommand.self, RosterCommand.self, CourseRetentionCommand.self,
      AuditCommand.self, SchemaCommand.self, CheckConfigCommand.self, HealthCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error
      where Self.exitCode(for: error) == .failure && !(error is CleanExit) && !(error is ExitCode)
    {
      // One line that names the fault; the usage would only hide it.
      FileHandle.standardError.write(Data("progressbus: \(error)\n".utf8))
      Foundation.exit(1)
    } catch {
      exit(withError: error)
    }
  }
}
