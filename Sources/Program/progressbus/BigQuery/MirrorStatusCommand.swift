import ArgumentParser
import BigQueryMirror

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
