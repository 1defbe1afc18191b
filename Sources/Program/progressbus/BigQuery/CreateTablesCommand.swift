import ArgumentParser
import BigQueryMirror

struct CreateTablesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create-tables",
    abstract: "Make datasets, tables and dedup views in BigQuery, and compare those that are there."
  )

  @Flag(help: "Add NULLABLE columns that are missing.")
  var addColumns = false

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    let report = try await options.print(asksBigQuery: true) {
      try await $0.createTables(addColumns: addColumns)
    }
    if !report.isGood { throw ExitCode.failure }
  }
}
