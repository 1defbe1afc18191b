import ArgumentParser
import EventBus
import NIOCore
import ProgressBusServer

struct ShowDeadLetterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print one dead letter whole, with the event.")

  @Argument(help: "The letter's id, from list.")
  var id: String

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let id = try StreamID(argument: id)
    let desk = try await DeadLetterDesk.open(options.serverConfiguration())
    defer { desk.close() }
    guard let stored = try await desk.letter(id) else {
      throw ValidationError("there is no dead letter \(id)")
    }
    print("id: \(stored.id)")
    print("sink: \(stored.letter.sink)")
    print("event_type: \(stored.letter.eventType)")
    print("attempts: \(stored.letter.attempts)")
    print("reason: \(stored.letter.reason)")
    print(String(buffer: stored.letter.payload))
  }
}
