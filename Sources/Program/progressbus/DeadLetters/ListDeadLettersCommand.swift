import ArgumentParser
import DeadLetters
import Events
import Foundation
import ProgressBusServer

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
      case eventType = "event_type"
      case sourceTable = "source_table"
    }

    let id: String
    let deadLetteredAt: String
    let sink: String
    let eventType: String
    /// Of rows.
    let sourceTable: String?
    let attempts: Int
    let reason: String

    init(_ entry: DeadLetterEntry) {
      id = entry.id.description
      deadLetteredAt = entry.deadLetteredAt.description
      sink = entry.sink
      eventType = entry.eventType
      sourceTable = entry.sourceTable
      attempts = entry.attempts
      reason = entry.reason
    }

    var text: String {
      let kind = sourceTable ?? (eventType.isEmpty ? "-" : eventType)
      return "\(id)  \(deadLetteredAt)  \(sink)  \(kind)  attempts=\(attempts)  \(reason)"
    }
  }

  func run() async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let configuration = try await options.serverConfiguration()
    try await DeadLetterConnections.withService(of: selection.sink, configuration) { service in
      for try await entry in service.list(selection.filter) {
        let line = Line(entry)
        print(json ? String(decoding: try encoder.encode(line), as: UTF8.self) : line.text)
      }
    }
  }
}
