import ArgumentParser
import DeadLetters
import ProgressBusServer

struct ShowDeadLetterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print one dead letter whole, with the event or row.")

  @Argument(help: "The letter's id, from list.", transform: DeadLetterID.init(argument:))
  var id: DeadLetterID

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: id.sink, configuration) { service in
      guard let content = try await service.content(id) else {
        throw ValidationError("there is no dead letter \(id)")
      }
      let entry = content.entry
      print("id: \(entry.id)")
      print("sink: \(entry.sink)")
      if let table = entry.sourceTable, let key = content.sourceKey {
        print("source_table: \(table)")
        print("source_key: \(key)")
      } else {
        print("event_type: \(entry.eventType)")
      }
      print("attempts: \(entry.attempts)")
      print("reason: \(content.fullReason)")
      print(content.payload ?? "the source row is gone")
    }
  }
}
