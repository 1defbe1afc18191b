import ArgumentParser
import DeadLetters
import Foundation
import ProgressBusServer

struct ReplayDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Give dead letters to their sink once more; no other sink sees them again.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: targets.sink, configuration) { service in
      let outcome = try await service.replay(targets.ids(in: service))
      for (id, reason) in outcome.stillInvalid {
        FileHandle.standardError.write(Data("\(id): \(reason)\n".utf8))
      }
      print("replayed \(outcome.replayed)")
      if !outcome.stillInvalid.isEmpty { throw ExitCode(2) }
    }
  }
}
