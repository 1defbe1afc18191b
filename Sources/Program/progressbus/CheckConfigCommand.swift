import ArgumentParser
import ProgressBusServer

struct CheckConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Print every setting, where it comes from, and stop at the first that is wrong.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try await options.settings()
    for line in settings.lines { print(line) }
    try ServerConfiguration(settings).check()
  }
}
