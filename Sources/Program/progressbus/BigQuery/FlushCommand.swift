import ArgumentParser
import BigQueryMirror

struct FlushCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flush", abstract: "Send every row that is ready, now.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print { try await $0.flush() }
  }
}

extension FlushReport: MirrorReport {
  var text: String { "synced \(synced), retried \(retried), failed \(failed), pending \(pending)" }
}
