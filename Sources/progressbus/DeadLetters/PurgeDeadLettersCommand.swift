import ArgumentParser
import EventBus
import ProgressBusServer

struct PurgeDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Throw dead letters away for good.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let desk = try await DeadLetterDesk.open(options.serverConfiguration())
    defer { desk.close() }
    let purged = try await desk.purge(targets.letters(in: desk))
    print("purged \(purged)")
  }
}
