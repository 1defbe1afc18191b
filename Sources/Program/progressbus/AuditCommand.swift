import ArgumentParser
import AuditStore
import Foundation
import Observability
import ProgressBusServer

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "List what administrators did: who, what, when, and to how many.")

  @Option(help: "Only this action, or a family of them, such as dead-letters.")
  var action: String?

  @Option(help: "Only what this one did, as the list shows it, such as user:root.")
  var actor: String?

  @Option(help: ArgumentHelp("Only what began at this time or later.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Only what began before this time.", valueName: "time"))
  var until: String?

  @Option(help: "The most acts, the newest ones.")
  var limit = 100

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
  }

  func run() async throws {
    let filter = AuditFilter(
      action: action, actor: actor, since: since, until: until, limit: limit)
    let entries = try await AuditConnection.withLog(options.serverConfiguration()) { log in
      guard let log else { throw ValidationError("DATABASE_URL is not set") }
      return try await log.entries(filter)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for entry in entries {
      print(json ? String(decoding: try encoder.encode(entry), as: UTF8.self) : entry.text)
    }
  }
}

extension AuditEntry {
  fileprivate var text: String {
    let parts = [
      at, actor, action, target, outcome.rawValue, count.map { "count=\($0)" }, detail,
    ]
    // Actors and targets may be of somebody's choice, and must not look like another act.
    return parts.compactMap { $0.map { LogEscaping.escaped($0, quotes: false) } }
      .joined(separator: "  ")
  }
}

/// Notes what a command does in the audit log, and warns on standard error.
enum Audited {
  /// For acts that concern one thing, whatever comes of them.
  static func one<Outcome>(_ outcome: Outcome) -> Int? { 1 }

  /// For acts that say how many things they concerned.
  static func number(_ outcome: Int) -> Int? { outcome }

  static func run<Outcome: Sendable>(
    _ action: String, target: String? = nil, _ configuration: ServerConfiguration,
    isUrgent: Bool = false, count: (Outcome) -> Int?, _ body: () async throws -> Outcome
  ) async throws -> Outcome {
    try await AuditConnection.record(
      action, target: target, configuration, isUrgent: isUrgent, count: count,
      warn: { FileHandle.standardError.write(Data("progressbus: \($0)\n".utf8)) }, body)
  }
}
