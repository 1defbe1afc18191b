import ArgumentParser
import EventBus
import ProgressBusServer

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "Look at what a sink refused for good, replay it or throw it away.",
    subcommands: [
      ListDeadLettersCommand.self, ShowDeadLetterCommand.self, ReplayDeadLettersCommand.self,
      PurgeDeadLettersCommand.self,
    ])
}

/// Which letters a command means.
struct DeadLetterSelection: ParsableArguments {
  @Option(help: "Only those of one sink: postgres, influxdb, bigquery or bus.")
  var sink: String?

  @Option(help: ArgumentHelp("Only those whose reason holds this text.", valueName: "text"))
  var reason: String?

  var filter: DeadLetterFilter { DeadLetterFilter(sink: sink, reason: reason) }
}

/// Which letters a command changes: one by its id, or all that are meant.
struct DeadLetterTargets: ParsableArguments {
  @OptionGroup var selection: DeadLetterSelection

  @Option(help: "One letter.")
  var id: String?

  @Flag(help: "All of them, or all that --sink and --reason mean.")
  var all = false

  func validate() throws {
    guard (id == nil) == all else {
      throw ValidationError("say which letters: --id ID or --all")
    }
    _ = try streamID()
  }

  func streamID() throws -> StreamID? {
    try id.map { try StreamID(argument: $0) }
  }

  /// The ids of the letters that are meant, oldest first.
  /// - Throws: when the one that was named is not there.
  func letters(in desk: DeadLetterDesk) async throws -> [StreamID] {
    if let id = try streamID() {
      guard try await desk.letter(id) != nil else {
        throw ValidationError("there is no dead letter \(id)")
      }
      return [id]
    }
    var ids: [StreamID] = []
    for try await stored in desk.letters(selection.filter) { ids.append(stored.id) }
    return ids
  }
}

extension StreamID {
  init(argument: String) throws {
    guard let id = StreamID(argument) else {
      throw ValidationError("\(argument) is no id of a dead letter")
    }
    self = id
  }
}
