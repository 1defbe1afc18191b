import ArgumentParser
import BigQueryMirror

struct ClearFailedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear-failed", abstract: "Forget the rows that were given up.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print { try await $0.clearFailed() }
  }
}

extension ClearReport: MirrorReport {
  var text: String { "cleared \(cleared)" }
}
