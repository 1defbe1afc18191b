import ArgumentParser
import BigQueryMirror

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
