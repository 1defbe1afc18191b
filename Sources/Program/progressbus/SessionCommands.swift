import ArgumentParser
import Foundation
import ProgressBusServer
import SessionMigration
import Sessions

struct SessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "Move sessions between Firestore and Agent Engine, and prove that they arrived.",
    subcommands: [
      RouteSessionsCommand.self, MigrateSessionsCommand.self, ValidateSessionsCommand.self,
    ])
}

struct RouteSessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route", abstract: "Print which store a user's sessions are in, and why.")

  @Option(help: "The user's id; left out for a request without one.")
  var user: String?

  @Option(
    help: ArgumentHelp(
      "Ids of users, one a line; - for standard input. Prints the store and the user, with a tab between.",
      valueName: "file"))
  var usersFile: String?

  @Flag(help: "For a voice session.")
  var voice = false

  @OptionGroup var settings: SettingsOptions

  func validate() throws {
    guard user == nil || usersFile == nil else {
      throw ValidationError("--user and --users-file exclude each other")
    }
  }

  func run() async throws {
    let configuration = try await settings.serverConfiguration()
    let routing = try configuration.sessionRouting()
    if let usersFile {
      try route(usersFile, by: routing)
    } else {
      let decision = routing.decide(user: user, isVoice: voice)
      print("\(decision.backend.rawValue): \(decision.reason)")
    }
    if let warning = configuration.sessionWarning { printError(warning) }
  }

  private func route(_ path: String, by routing: SessionRouting) throws {
    guard let file = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
    else { throw ValidationError("\(path) cannot be read") }
    var (users, moved) = (0, 0)
    var rest = Data()
    var isOver = false
    while !isOver {
      let part = try file.read(upToCount: 1 << 20) ?? Data()
      isOver = part.isEmpty
      rest += part
      var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      // What has no end yet is a line only when nothing follows.
      rest = Data(isOver && lines.last?.isEmpty == false ? Data() : lines.removeLast())
      var answer = Data()
      for line in lines {
        users += 1
        guard let user = String(validating: line, as: UTF8.self) else {
          throw ValidationError("line \(users) is no UTF-8")
        }
        let backend = routing.decide(user: user, isVoice: voice).backend
        if backend == .agentEngine { moved += 1 }
        answer += Data("\(backend.rawValue)\t".utf8) + line + [UInt8(ascii: "\n")]
      }
      try FileHandle.standardOutput.write(contentsOf: answer)
    }
    printError("\(moved) of \(users) users are in Agent Engine")
  }
}

/// One of the two stores.
enum SessionBackend: String, ExpressibleByArgument, CaseIterable {
  case firestore
  case agentEngine = "agent-engine"
}

/// What commands on both stores take.
struct SessionPairOptions: ParsableArguments {
  @Option(help: "Where sessions are read: firestore or agent-engine.")
  var from = SessionBackend.firestore

  @Option(help: "Where they are to be: firestore or agent-engine.")
  var to = SessionBackend.agentEngine

  @Option(help: "Only the sessions of this user.")
  var user: String?

  @Option(help: "Sessions at a time.")
  var concurrency = 16

  @Option(help: ArgumentHelp("The table of ids that had to change.", valueName: "file"))
  var idMap = "session-ids.jsonl"

  @OptionGroup var settings: SettingsOptions

  func validate() throws {
    guard from != to else { throw ValidationError("--from and --to are the same store") }
    guard (1...256).contains(concurrency) else {
      throw ValidationError("--concurrency must be from 1 to 256")
    }
  }

  /// Runs `body` with the two stores.
  func withStores<Value>(
    _ body: (_ source: any SessionStore, _ target: any SessionStore) async throws -> Value
  ) async throws -> Value {
    let connections = try SessionConnections.open(
      await settings.serverConfiguration(), waitsForQuotas: true)
    guard let engine = connections.agentEngine else {
      await connections.close()
      throw ConfigurationError(
        "AGENT_ENGINE_ID", "and AGENT_ENGINE_RESOURCE_NAME must both be set for this")
    }
    let stores = [SessionBackend.firestore: connections.firestore, .agentEngine: engine]
    do {
      let value = try await body(stores[from]!, stores[to]!)
      await connections.close()
      return value
    } catch {
      await connections.close()
      throw error
    }
  }

  /// The table that is there, to be read.
  func readIDMap() throws -> SessionIDMap? {
    guard FileManager.default.fileExists(atPath: idMap) else { return nil }
    return try SessionIDMap(path: idMap, isWritten: false)
  }
}

struct MigrateSessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Copy sessions into the other store. Run again, it copies what has changed.")

  @OptionGroup var pair: SessionPairOptions

  @Flag(help: "Read everything, write nothing, and tell how long it would take.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Writes a minute: session=100,append=300; 0 for no limit. Default: Agent Engine's quotas into it, no limit out of it.",
      valueName: "rates"))
  var rate: String?

  @Flag(help: "Pass over what the log has, unless it has changed since.")
  var resume = false

  @Flag(help: "Give sessions new ids where Agent Engine cannot hold the old ones.")
  var mapIds = false

  @Flag(help: "Leave what this run has made when a fatal error stops it.")
  var keep = false

  @Option(help: ArgumentHelp("What became of each session, JSON lines.", valueName: "file"))
  var log = "session-migration.jsonl"

  func run() async throws {
    var options = MigrationOptions(logPath: log)
    options.user = pair.user
    options.concurrency = pair.concurrency
    options.resumes = resume
    options.keepsOnFailure = keep
    options.writesPerMinute = try rates()
    if mapIds, !dryRun {
      options.idMap = try SessionIDMap(path: pair.idMap, isWritten: true)
    } else {
      options.idMap = try pair.readIDMap()
      if mapIds, options.idMap == nil { options.idMap = SessionIDMap() }
    }
    let settled = options
    let configuration = try await pair.settings.serverConfiguration()
    let isGood = try await pair.withStores { source, target in
      let migration = SessionMigration(source: source, target: target, options: settled)
      if dryRun { return try await estimate(migration) }
      let result = try await Audited.run(
        "sessions.migrate", target: "\(pair.from.rawValue) to \(pair.to.rawValue)", configuration,
        count: { (result: MigrationResult) in result.progress.migrated + result.progress.updated }
      ) { try await move(migration) }
      return result.fatal == nil && result.progress.failed == 0
    }
    if !isGood { throw ExitCode.failure }
  }

  private func estimate(_ migration: SessionMigration) async throws -> Bool {
    let estimate = try await migration.estimate()
    print("would move \(estimate.sessions) sessions with \(estimate.events) events")
    if estimate.renamed > 0 { print("would give new ids to \(estimate.renamed) sessions") }
    for (reason, count) in estimate.skipped.sorted(by: { $0.key < $1.key }) {
      print("would leave out \(count): \(reason)")
    }
    print("at the rates that are set it takes at least \(Self.text(of: estimate.duration))")
    if let expiry = try await expiry() { print(expiry) }
    return true
  }

  private func move(_ migration: SessionMigration) async throws -> MigrationResult {
    if let expiry = try await expiry() { printError(expiry) }
    let progress = ProgressPrinter()
    let result = try await migration.run(
      report: { progress.print($0) }, warn: { progress.print(line: $0) })
    progress.finish()
    print(
      "migrated \(result.progress.migrated), updated \(result.progress.updated), "
        + "unchanged \(result.progress.unchanged + result.progress.resumed), "
        + "skipped \(result.progress.skipped), failed \(result.progress.failed) "
        + "of \(result.progress.total); the log is \(log)")
    if let fatal = result.fatal {
      printError("stopped: \(fatal)")
      if !keep {
        printError("removed \(result.removed) sessions that this run had made, left \(result.left)")
      }
    }
    return result
  }

  /// Sessions end there, which they do not in Firestore.
  private func expiry() async throws -> String? {
    guard pair.to == .agentEngine else { return nil }
    let days = try await pair.settings.settings().sessionTimeToLiveDays
    return
      "sessions in Agent Engine expire \(days) days after they were made there (agent_engine.ttl_days)"
  }

  private func rates() throws -> [SessionWrite: Int] {
    guard let rate else {
      return pair.to == .agentEngine ? QuotaPacing.documentedQuotas : [:]
    }
    var rates: [SessionWrite: Int] = [:]
    for part in rate.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let kind = SessionWrite(rawValue: String(pair[0])),
        let number = Int(pair[1]), (0...1_000_000).contains(number)
      else { throw ValidationError("--rate must have the form session=100,append=300") }
      rates[kind] = number
    }
    return rates
  }

  static func text(of duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds < 120 { return "\(seconds) seconds" }
    if seconds < 7_200 { return "\(seconds / 60) minutes" }
    return "\(seconds / 3_600) hours \(seconds / 60 % 60) minutes"
  }
}

struct ValidateSessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Compare all sessions of both stores: exit 0 when they are the same, 1 when not.")

  @OptionGroup var pair: SessionPairOptions

  @Option(help: ArgumentHelp("Write the report as JSON, too.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write the report as Markdown, too.", valueName: "file"))
  var markdown: String?

  func run() async throws {
    var options = MigrationOptions(logPath: "")
    options.user = pair.user
    options.concurrency = pair.concurrency
    options.idMap = try pair.readIDMap()
    let settled = options
    let report = try await pair.withStores { source, target in
      try await SessionValidation(source: source, target: target, options: settled).run()
    }
    print(report.markdown, terminator: "")
    if let json { try Data(report.json).write(to: URL(fileURLWithPath: json)) }
    if let markdown {
      try Data(report.markdown.utf8).write(to: URL(fileURLWithPath: markdown))
    }
    if !report.isGood { throw ExitCode.failure }
  }
}

/// A bar that stays in its place on a terminal, a line a second elsewhere; on standard error.
private struct ProgressPrinter: Sendable {
  private let isTerminal = isatty(2) == 1

  func print(_ progress: MigrationProgress) {
    let share = progress.total == 0 ? 1 : Double(progress.done) / Double(progress.total)
    let figures =
      "\(progress.done)/\(progress.total) sessions, \(progress.events) events, "
      + "\(progress.skipped) skipped, \(progress.failed) failed"
    guard isTerminal else { return printError(figures) }
    let filled = Int(share * 30)
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
    write("\r[\(bar)] \(figures)")
  }

  func print(line: String) {
    if isTerminal { write("\n") }
    printError("warning: \(line)")
  }

  func finish() { if isTerminal { write("\n") } }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

private func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
