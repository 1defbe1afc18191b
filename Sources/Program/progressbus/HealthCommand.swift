public import ArgumentParser
public import ProgressBusServer

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask a running process for its health: exit 0 when it is well, 1 when it is not.")

  @Argument(
    help: "live (does it answer?) or ready (can it do its work?).",
    completion: .list(HealthProbe.Question.allCases.map(\.rawValue)))
  var question = HealthProbe.Question.ready

  @Option(help: "Where it listens. Default: the address and port of the settings.")
  var url: String?

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let baseURL = if let url { url } else { try HealthProbe.baseURL(await options.settings()) }
    let answer = try await HealthProbe(baseURL: baseURL).ask(question)
    print(answer.body)
    if !answer.isHealthy { throw ExitCode.failure }
  }
}

extension HealthProbe.Question: ExpressibleByArgument {}
