import ArgumentParser
import DeadLetters
import ProgressBusServer

struct PurgeDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Throw dead letters away for good.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: targets.sink, configuration) { service in
      let purged = try await service.purge(targets.ids(in: service))
      print("purged \(purged)")
    }
  }
}
