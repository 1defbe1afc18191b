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
    let desk = try await DeadLetterDesk.open(options.serverConfiguration())
    defer { desk.close() }
    var replayed = 0
    var stillInvalid = 0
    for id in try await targets.letters(in: desk) {
      switch try await desk.replay(id) {
      case .replayed: replayed += 1
      case .gone: break
      case .stillInvalid(let reason):
        stillInvalid += 1
        FileHandle.standardError.write(Data("\(id): \(reason)\n".utf8))
      }
    }
    print("replayed \(replayed)")
    if stillInvalid > 0 { throw ExitCode(2) }
  }
}
