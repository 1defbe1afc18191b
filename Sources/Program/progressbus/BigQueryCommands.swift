import ArgumentParser
import BigQueryMirror
import Foundation
import ProgressBusServer

struct BigQueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bigquery",
    abstract: "Look after the BigQuery mirror: its queue, its failures, its tables.",
    subcommands: [
      MirrorStatusCommand.self, FlushCommand.self, RetryCommand.self, ClearFailedCommand.self,
      RetentionCommand.self, CreateTablesCommand.self, CheckTablesCommand.self,
    ])
}

/// What a command of the mirror prints.
protocol MirrorReport: Encodable {
  /// For people.
  var text: String { get }
}

/// What all commands of the mirror take.
struct MirrorOptions: ParsableArguments {
  @Flag(help: "Print JSON, as the HTTP API does.")
  var json = false

  @OptionGroup var settings: SettingsOptions

  /// Runs `body` with the mirror, and prints what it returns.
  ///
  /// - Parameter asksBigQuery: whether the mirror's project must be known although it may be off.
  func print<Report: MirrorReport>(
    asksBigQuery: Bool = false, _ body: (MirrorController) async throws -> Report
  ) async throws -> Report {
    try await print(settings.serverConfiguration(), asksBigQuery: asksBigQuery, body)
  }

  /// The same for what changes something, which is noted in the audit log.
  ///
  /// - Parameter count: how many a report is about.
  func print<Report: MirrorReport & Sendable>(
    asksBigQuery: Bool = false, audited action: String, count: (Report) -> Int?,
    _ body: (MirrorController) async throws -> Report
  ) async throws -> Report {
    let configuration = try await settings.serverConfiguration()
    return try await print(configuration, asksBigQuery: asksBigQuery) { controller in
      try await Audited.run("bigquery.\(action)", configuration, count: count) {
        try await body(controller)
      }
    }
  }

  private func print<Report: MirrorReport>(
    _ configuration: ServerConfiguration, asksBigQuery: Bool,
    _ body: (MirrorController) async throws -> Report
  ) async throws -> Report {
    let connections = try MirrorConnections.open(configuration, needsProject: asksBigQuery)
    let report: Report
    do {
      report = try await body(connections.controller)
    } catch {
      await connections.close()
      throw error
    }
    await connections.close()
    guard json else {
      Swift.print(report.text)
      return report
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    Swift.print(String(decoding: try encoder.encode(report), as: UTF8.self))
    return report
  }
}

struct MirrorStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Print the figures of every mirrored table.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print { try await $0.status() }
  }
}

extension MirrorStatus: MirrorReport {
  private static let heads = [
    "source table", "enqueued", "synced", "pending", "failed", "oldest", "last success",
    "last error",
  ]

  var text: String {
    let figures = tables.map { table in
      [
        table.sourceTable, "\(table.enqueued)", "\(table.synced)", "\(table.pending)",
        "\(table.failed)", table.oldestPendingSeconds.map { "\(Int($0)) s" } ?? "-",
        table.lastSuccessAt ?? "-", table.lastError ?? "-",
      ]
    }
    let sum = [
      "in all", "\(totals.enqueued)", "\(totals.synced)", "\(totals.pending)",
      "\(totals.failed)",
    ]
    return (enabled ? "" : "The mirror is off; BQ_SYNC_ENABLED=true turns it on.\n")
      + TextTable(rows: [Self.heads] + figures + [sum]).text
  }
}

struct FlushCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flush", abstract: "Send every row that is ready, now.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print(
      audited: "flush", count: { $0.synced }, { try await $0.flush() })
  }
}

extension FlushReport: MirrorReport {
  var text: String { "synced \(synced), retried \(retried), failed \(failed), pending \(pending)" }
}

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Put the rows that were given up back on the queue.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print(
      audited: "retry", count: { $0.requeued }, { try await $0.retry() })
  }
}

extension RetryReport: MirrorReport {
  var text: String { "requeued \(requeued)" }
}

struct ClearFailedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear-failed", abstract: "Forget the rows that were given up.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print(
      audited: "clear-failed", count: { $0.cleared }, { try await $0.clearFailed() })
  }
}

extension ClearReport: MirrorReport {
  var text: String { "cleared \(cleared)" }
}

struct RetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Delete old rows that are in BigQuery from PostgreSQL.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print(
      audited: "retention", count: { $0.deleted }, { try await $0.enforceRetention() })
  }
}

extension RetentionReport: MirrorReport {
  var text: String {
    (["deleted \(deleted) rows older than \(retentionDays) days"]
      + tables.map { "  \($0.sourceTable): \($0.deleted)" }).joined(separator: "\n")
  }
}

struct CreateTablesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create-tables",
    abstract: "Make datasets, tables and dedup views in BigQuery, and compare those that are there."
  )

  @Flag(help: "Add NULLABLE columns that are missing.")
  var addColumns = false

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    let report = try await options.print(
      asksBigQuery: true, audited: "create-tables", count: { $0.tables.count },
      { try await $0.createTables(addColumns: addColumns) })
    if !report.isGood { throw ExitCode.failure }
  }
}

struct CheckTablesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Prove salt, credentials and tables without writing a row.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    let report = try await options.print(asksBigQuery: true) { try await $0.check() }
    if !report.isGood { throw ExitCode.failure }
  }
}

extension TablesReport: MirrorReport {
  var text: String {
    var lines = datasetsCreated.map { "created dataset \($0)" }
    for table in tables {
      lines.append("\(table.table): \(table.state.rawValue.replacing("_", with: " "))")
      lines += table.addedColumns.map { "  added \($0)" }
      lines += table.differences.map { difference in
        "  \(difference.column): \(difference.kind.rawValue), expected "
          + "\(difference.expected ?? "none"), found \(difference.found ?? "none")"
      }
    }
    lines += problems
    lines.append(isGood ? "all is well" : "not all is well")
    return lines.joined(separator: "\n")
  }
}

/// Rows of words, in columns that line up.
private struct TextTable {
  let rows: [[String]]

  var text: String {
    var widths: [Int] = []
    for row in rows {
      for (column, word) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], word.count)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, word in
        column == row.count - 1
          ? word : word + String(repeating: " ", count: widths[column] - word.count)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
