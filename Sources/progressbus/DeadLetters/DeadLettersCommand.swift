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

  /// Calls `body` with each letter that is meant.
  /// - Throws: when the one that was named is not there.
  func forEach(
    in desk: DeadLetterDesk, _ body: (StoredDeadLetter) async throws -> Void
  ) async throws {
    guard let id = try streamID() else {
      return try await desk.forEach(selection.filter, body)
    }
    guard let letter = try await desk.letter(id) else {
      throw ValidationError("there is no dead letter \(id)")
    }
    try await body(letter)
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
