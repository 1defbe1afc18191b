import ArgumentParser
import EventBus
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

  /// A letter without its payload, which may hold personal data.
  private struct Line: Encodable {
    private enum CodingKeys: String, CodingKey {
      case id, sink, attempts, reason
      case deadLetteredAt = "dead_lettered_at"
      case eventType = "event_type"
    }

    let id: String
    let deadLetteredAt: String
    let sink: String
    let eventType: String
    let attempts: Int
    let reason: String

    init(_ stored: StoredDeadLetter) {
      id = stored.id.description
      deadLetteredAt =
        Timestamp(microseconds: Int64(stored.id.milliseconds) * 1000).description
      sink = stored.letter.sink
      eventType = stored.letter.eventType
      attempts = stored.letter.attempts
      reason = stored.letter.reason
    }

    var text: String {
      let type = eventType.isEmpty ? "-" : eventType
      return "\(id)  \(deadLetteredAt)  \(sink)  \(type)  attempts=\(attempts)  \(reason)"
    }
  }

  func run() async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let desk = try await DeadLetterDesk.open(options.serverConfiguration())
    defer { desk.close() }
    for try await stored in desk.letters(selection.filter) {
      let line = Line(stored)
      print(json ? String(decoding: try encoder.encode(line), as: UTF8.self) : line.text)
    }
  }
}
