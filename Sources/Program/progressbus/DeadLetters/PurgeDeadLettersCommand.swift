import ArgumentParser
import ProgressBusServer

struct PurgeDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Throw dead letters away for good.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterOffice.withOffice(of: targets.sink, configuration) { office in
      let purged = try await office.purge(targets.letters(in: office))
      print("purged \(purged)")
    }
  }
}
