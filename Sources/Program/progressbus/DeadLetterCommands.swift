import ArgumentParser
import DeadLetters
import Events
import Foundation
import Observability
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

  /// For the audit log: without the text that reasons are to hold, which may be out of an event.
  var text: String {
    id?.description
      ?? (sink.map { "sink \($0)" } ?? "all sinks") + (selection.reason == nil ? "" : ", by reason")
  }

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

struct ListDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List dead letters, oldest first.")

  @OptionGroup var selection: DeadLetterSelection
  @OptionGroup var options: SettingsOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  /// A dead letter without its payload, which may hold personal data.
  private struct Line: Encodable {
    private enum CodingKeys: String, CodingKey {
      case id, sink, attempts, reason
      case deadLetteredAt = "dead_lettered_at"
      case eventID = "event_id"
      case eventType = "event_type"
      case sourceTable = "source_table"
    }

    let id: String
    let deadLetteredAt: String
    let sink: String
    let eventType: String
    /// What its sender can be answered by; missing where none is told.
    let eventID: String?
    /// Of rows.
    let sourceTable: String?
    let attempts: Int
    let reason: String

    init(_ entry: DeadLetterEntry) {
      id = entry.id.description
      deadLetteredAt = entry.deadLetteredAt.description
      sink = entry.sink
      eventType = entry.eventType
      eventID = entry.eventID?.description
      sourceTable = entry.sourceTable
      attempts = entry.attempts
      reason = entry.reason
    }

    var text: String {
      let kind = sourceTable ?? (eventType.isEmpty ? "-" : eventType)
      return
        "\(id)  \(deadLetteredAt)  \(sink)  \(kind)  event_id=\(eventID ?? "-")  attempts=\(attempts)  \(reason)"
    }
  }

  func run() async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: selection.sink, configuration) { service in
      for try await entry in service.list(selection.filter) {
        let line = Line(entry)
        // A reason may quote an event, and must not look like another letter.
        print(
          json
            ? String(decoding: try encoder.encode(line), as: UTF8.self)
            : LogEscaping.escaped(line.text, quotes: false))
      }
    }
  }
}

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
      if let eventID = entry.eventID { print("event_id: \(eventID)") }
      print("attempts: \(entry.attempts)")
      print("reason: \(content.fullReason)")
      print(content.payload ?? "the source row is gone")
    }
  }
}

struct ReplayDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Give dead letters to their sink once more; no other sink sees them again.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: targets.sink, configuration) { service in
      let outcome = try await Audited.run(
        "dead-letters.replay", target: targets.text, configuration, count: { $0.replayed }
      ) { try await service.replay(targets.ids(in: service)) }
      for (id, reason) in outcome.stillInvalid {
        FileHandle.standardError.write(Data("\(id): \(reason)\n".utf8))
      }
      print("replayed \(outcome.replayed)")
      if !outcome.stillInvalid.isEmpty { throw ExitCode(2) }
    }
  }
}

struct PurgeDeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Throw dead letters away for good.")

  @OptionGroup var targets: DeadLetterTargets
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: targets.sink, configuration) { service in
      let purged = try await Audited.run(
        "dead-letters.purge", target: targets.text, configuration, count: { $0 }
      ) { try await service.purge(targets.ids(in: service)) }
      print("purged \(purged)")
    }
  }
}
