import Foundation

/// A line of `dead-letters list --json`.
struct DeadLetterLine: Decodable {
  let id: String
  let sink: String
  let eventType: String
  let eventID: String?
  let attempts: Int
  let reason: String

  enum CodingKeys: String, CodingKey {
    case id, sink, attempts, reason
    case eventID = "event_id"
    case eventType = "event_type"
  }
}

extension Deployment {
  /// What `dead-letters list --json` prints.
  func deadLetters(_ arguments: String...) async throws -> [DeadLetterLine] {
    let outcome = try await ProgressBusCommand.run(
      ["dead-letters", "list", "--json"] + arguments, environment: environment, folder: folder)
    guard outcome.status == 0 else { throw CommandFailed(outcome: outcome) }
    return try outcome.outputLines.map {
      try JSONDecoder().decode(DeadLetterLine.self, from: Data($0.utf8))
    }
  }

  struct CommandFailed: Error {
    let outcome: CommandOutcome
  }
}
