import Foundation
import ProgressBusTesting
import Testing

@testable import ProgressBusServer

/// Holds the README's table of settings to what the server reads.
@Suite struct ReadmeTests {
  /// The rows of the table, each with its cells as they are written.
  private static func rows() throws -> [[String]] {
    let readme = try String(
      contentsOf: ProjectFolder.url.appendingPathComponent("README.md"), encoding: .utf8)
    let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
    let heading = try #require(
      lines.firstIndex { $0.hasPrefix("| Variable |") }, "the README has no table of settings")
    // The line behind the heading only draws a rule.
    return lines[(heading + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  private static func row(of setting: Setting) -> [String] {
    // A default that says more than a value stands in the summary.
    let shown = setting.defaultValue.map { "`\($0)`" } ?? ""
    return ["`\(setting.variable)`", "`\(setting.key)`", shown, setting.summary]
  }

  @Test func theTableNamesEverySettingAndNothingElse() throws {
    #expect(try Self.rows() == Settings.all.map(Self.row))
  }
}
