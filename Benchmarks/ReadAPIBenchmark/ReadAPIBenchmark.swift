import Dashboard
import Foundation
import Hummingbird
import Logging
import PostgresDriver

/// Serves the read API of the database `DATABASE_URL` on 127.0.0.1.
///
///     ReadAPIBenchmark PORT cached|uncached
@main
struct ReadAPIBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = Int(arguments[1]),
      let url = ProcessInfo.processInfo.environment["DATABASE_URL"]
    else {
      print("usage: DATABASE_URL=… ReadAPIBenchmark PORT cached|uncached")
      return
    }
    var logger = Logger(label: "read-api")
    logger.logLevel = .warning
    let router = Router()
    DashboardRoutes(
      database: ReadDatabase(PostgresConfiguration(url: url), logger: logger),
      resources: try DashboardResources.load(), position: { "0-0" },
      caching: arguments[2] == "uncached" ? .disabled : .standard, logger: logger
    ).add(to: router)
    try await Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
      logger: logger
    ).runService()
  }
}
