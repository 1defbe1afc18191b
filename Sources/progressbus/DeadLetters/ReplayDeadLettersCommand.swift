import ArgumentParser
import EventBus
import Foundation
import ProgressBusServer

struct ReplayDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Give dead letters to their sink once more; no other sink sees them again.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await DeadLetterDesk.open(options.serverConfiguration()) { desk in
      var replayed = 0
      var failed = 0
      try await targets.forEach(in: desk) { stored in
        switch try await desk.replay(stored) {
        case .replayed: replayed += 1
        case .gone: break
        case .stillInvalid(let reason):
          failed += 1
          FileHandle.standardError.write(Data("\(stored.id): \(reason)\n".utf8))
        }
      }
      print("replayed \(replayed)")
      if failed > 0 { throw ExitCode(2) }
    }
  }
}
