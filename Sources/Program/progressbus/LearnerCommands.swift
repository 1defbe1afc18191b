import ArgumentParser
import Foundation
import LearnerRights
import ProgressBusServer

/// Which learner a command is about.
struct LearnerOption: ParsableArguments {
  @Option(
    name: .customLong("student"),
    help: ArgumentHelp("The learner, as events name them.", valueName: "id"),
    transform: LearnerID.init(argument:))
  var learner: LearnerID
}

extension LearnerID {
  init(argument: String) throws {
    guard let id = LearnerID(argument) else { throw ValidationError("that is no id of a learner") }
    self = id
  }
}

struct EraseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase",
    abstract: "Erase a learner from every store, and drop what still comes in for 30 days.",
    discussion: """
      Give the same command again to go on where another was stopped. Exit code 3: something is left that \
      cannot be erased yet, the report says what.
      """)

  @OptionGroup var student: LearnerOption

  @Flag(help: "Say how much there is, and change nothing.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  @Flag(help: "Wait for what cannot be erased yet, and try again every five minutes.")
  var wait = false

  @Flag(help: "Erase nothing, and let events of the learner in again before the 30 days are over.")
  var lift = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    if dryRun, lift { throw ValidationError("--dry-run and --lift exclude each other") }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let isFinished = try await LearnerConnections.withStores(configuration) { stores in
      if lift { return try await runLift(stores, configuration) }
      if dryRun || !yes {
        let counts = try await stores.count(student.learner)
        if dryRun {
          try show(counts, text: counts.map(\.text))
          return true
        }
        for count in counts { Self.tell(count.text) }
        try confirm()
      }
      let report = try await Audited.run(
        "erase", target: stores.auditName(of: student.learner), configuration,
        count: { (report: ErasureReport) in report.removed }
      ) { try await erase(stores) }
      try show(report, text: report.lines)
      return report.isFinished
    }
    if !isFinished { throw ExitCode(3) }
  }

  private func erase(_ stores: LearnerStores) async throws -> ErasureReport {
    while true {
      let report = try await LearnerErasure(stores, tell: Self.tell).erase(student.learner)
      guard wait, !report.isFinished else { return report }
      for line in report.lines { Self.tell(line) }
      Self.tell("trying again in five minutes")
      try await Task.sleep(for: .seconds(300))
    }
  }

  private func runLift(
    _ stores: LearnerStores, _ configuration: ServerConfiguration
  ) async throws -> Bool {
    let wasDropped = try await Audited.run(
      "erase.lift", target: stores.auditName(of: student.learner), configuration,
      count: { $0 ? 1 : 0 },
      { try await LearnerErasure(stores).lift(student.learner) })
    print(
      wasDropped ? "events of the learner are taken again" : "the learner's events were not dropped"
    )
    return true
  }

  private func confirm() throws {
    guard isatty(STDIN_FILENO) == 1 else {
      throw ValidationError("there is nobody to ask: --yes erases without asking")
    }
    Self.tell("This cannot be undone. Type the learner's id to erase it:")
    guard let typed = readLine(), LearnerID(typed)?.composed == student.learner.composed else {
      throw ValidationError("that is another id: nothing was erased")
    }
  }

  private func show(_ value: some Encodable, text: [String]) throws {
    guard json else {
      for line in text { print(line) }
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Beside the report, which may go to a file.
  private static let tell: @Sendable (String) -> Void = { line in
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }
}

extension LearnerCount {
  fileprivate var text: String { "\(place): \(count.map { "\($0)" } ?? "cannot be counted")" }
}

extension ErasureReport {
  fileprivate var lines: [String] {
    steps.map { step in
      "\(step.step): removed \(step.removed)" + (step.isDone ? "" : ", NOT DONE")
        + (step.note.map { " (\($0))" } ?? "")
    } + [
      isFinished
        ? "learner \(learner) is erased"
        : "learner \(learner) is NOT erased everywhere: give the command again later"
    ]
  }
}

struct ExportLearnerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner",
    abstract: "Copy everything that is kept of a learner, as lines of JSON.")

  @OptionGroup var student: LearnerOption

  @Option(
    help: ArgumentHelp(
      "A folder for a file of each store; without it, everything goes to standard output.",
      valueName: "folder"))
  var to: String?

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let counts = try await LearnerConnections.withStores(configuration) { stores in
      try await Audited.run(
        "export", target: stores.auditName(of: student.learner), configuration,
        count: { (counts: [LearnerExport.Store: Int]) in counts.values.reduce(0, +) }
      ) {
        let output = try ExportOutput(folder: to)
        let counts = try await LearnerExport(stores).run(student.learner) { store, line in
          try output.write(line, of: store)
        }
        try output.close()
        return counts
      }
    }
    for store in LearnerExport.Store.allCases {
      FileHandle.standardError.write(
        Data("\(store.rawValue): \(counts[store] ?? 0)\n".utf8))
    }
  }
}

/// Where an export goes: standard output, or a file of each store that only this user can read.
private final class ExportOutput {
  private var files: [LearnerExport.Store: FileHandle] = [:]

  /// - Throws: when the folder cannot be made, or has such files.
  init(folder: String?) throws {
    guard let folder else { return }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    for store in LearnerExport.Store.allCases {
      let path = "\(folder)/\(store.rawValue).jsonl"
      guard !FileManager.default.fileExists(atPath: path),
        FileManager.default.createFile(
          atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
        let file = FileHandle(forWritingAtPath: path)
      else { throw ValidationError("\(path) is there already, or cannot be made") }
      files[store] = file
    }
  }

  func write(_ line: String, of store: LearnerExport.Store) throws {
    try (files[store] ?? .standardOutput).write(contentsOf: Data("\(line)\n".utf8))
  }

  func close() throws {
    for file in files.values { try file.close() }
  }
}
