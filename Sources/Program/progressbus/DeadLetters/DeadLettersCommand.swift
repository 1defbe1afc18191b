import ArgumentParser
import DeadLetters
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

/// Which dead letters a command means.
struct DeadLetterSelection: ParsableArguments {
  @Option(
    help: "Only those of one sink: \(SinkRegistry.deadLetterNames.joined(separator: ", ")).")
  var sink: String?

  @Option(help: ArgumentHelp("Only those whose reason holds this text.", valueName: "text"))
  var reason: String?

  var filter: DeadLetterFilter { DeadLetterFilter(sink: sink, reason: reason) }
}

/// Which dead letters a command changes: one by its id, or all that are meant.
struct DeadLetterTargets: ParsableArguments {
  @OptionGroup var selection: DeadLetterSelection

  @Option(help: "One letter.", transform: DeadLetterID.init(argument:))
  var id: DeadLetterID?

  @Flag(help: "All of them, or all that --sink and --reason mean.")
  var all = false

  func validate() throws {
    guard (id == nil) == all else {
      throw ValidationError("say which letters: --id ID or --all")
    }
    if let id, let sink = selection.sink, (sink == "bigquery") != (id.sink == "bigquery") {
      throw ValidationError("\(id) is no letter of sink \(sink)")
    }
  }

  /// The sink that all of them are of, as far as it is known.
  var sink: String? { selection.sink ?? id?.sink }

  /// The ids of those that are meant, oldest first.
  /// - Throws: when the one that was named is not there.
  func ids(in service: DeadLetterService) async throws -> [DeadLetterID] {
    if let id {
      guard try await service.content(id) != nil else {
        throw ValidationError("there is no dead letter \(id)")
      }
      return [id]
    }
    var ids: [DeadLetterID] = []
    for try await entry in service.list(selection.filter) { ids.append(entry.id) }
    return ids
  }
}

extension DeadLetterID {
  init(argument: String) throws {
    guard let id = DeadLetterID(argument) else {
      throw ValidationError("\(argument) is no id of a dead letter")
    }
    self = id
  }
}
