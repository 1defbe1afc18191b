import ArgumentParser
import LocalStack
import ProgressBusServer

struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Run everything on this machine, with private servers in a state folder.",
    discussion: "Ctrl-C stops it all; the next start finds the data of the last.")

  @Option(help: "The port of pages, API and WebSocket.")
  var httpPort = 8080

  @Option(help: "The port of Redis.")
  var redisPort = 16379

  @Option(help: "The port of PostgreSQL.")
  var postgresPort = 15432

  @Option(help: "The port of InfluxDB.")
  var influxPort = 18086

  @Option(help: "The port of the BigQuery emulator.")
  var bigqueryPort = 19050

  @Option(help: ArgumentHelp("The folder for all data.", valueName: "folder"))
  var stateDir = ".progressbus"

  @OptionGroup var demonstration: DemonstrationOptions

  @Option(help: ArgumentHelp("Any setting, for example log.level=debug", valueName: "key=value"))
  var set: [String] = []

  func run() async throws {
    try await LocalDeployment(
      ports: .init(
        http: httpPort, redis: redisPort, postgres: postgresPort, influx: influxPort,
        bigQuery: bigqueryPort),
      stateFolder: stateDir, settings: set, demonstration: demonstration
    ).run()
  }
}
