import ArgumentParser
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
    try await DeadLetterOffice.withOffice(of: targets.sink, configuration) { office in
      let outcome = try await office.replay(targets.letters(in: office))
      for (id, reason) in outcome.stillInvalid {
        FileHandle.standardError.write(Data("\(id): \(reason)\n".utf8))
      }
      print("replayed \(outcome.replayed)")
      if !outcome.stillInvalid.isEmpty { throw ExitCode(2) }
    }
  }
}
