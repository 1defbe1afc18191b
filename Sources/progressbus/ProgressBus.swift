import ArgumentParser

@main
struct ProgressBus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "progressbus",
    abstract: "Carries learning progress from notebooks to everyone who needs it.",
    subcommands: [ServeCommand.self])
}
