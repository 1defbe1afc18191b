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
    let connections = try MirrorConnections.open(
      await settings.serverConfiguration(), needsProject: asksBigQuery)
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
