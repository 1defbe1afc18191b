import ArgumentParser
import EventBus
import ProgressBusServer

struct PurgeDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Throw dead letters away for good.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await DeadLetterDesk.open(options.serverConfiguration()) { desk in
      var purged = 0
      try await targets.forEach(in: desk) { stored in
        purged += try await desk.purge([stored.id])
      }
      print("purged \(purged)")
    }
  }
}
