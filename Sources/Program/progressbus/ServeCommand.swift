import ArgumentParser
import ProgressBusServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run one role or several against servers that are there.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await Server(configuration: options.serverConfiguration()).run()
  }
}
