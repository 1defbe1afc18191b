import ArgumentParser
import BigQueryMirror

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Put the rows that were given up back on the queue.")

  @OptionGroup var options: MirrorOptions

  func run() async throws {
    _ = try await options.print { try await $0.retry() }
  }
}

extension RetryReport: MirrorReport {
  var text: String { "requeued \(requeued)" }
}
