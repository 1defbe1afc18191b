import ArgumentParser
import BigQueryMirror

struct RetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Delete old rows that are in BigQuery from PostgreSQL.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print { try await $0.enforceRetention() }
  }
}

extension RetentionReport: MirrorReport {
  var text: String {
    (["deleted \(deleted) rows older than \(retentionDays) days"]
      + tables.map { "  \($0.sourceTable): \($0.deleted)" }).joined(separator: "\n")
  }
}
