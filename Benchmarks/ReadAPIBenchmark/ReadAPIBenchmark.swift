import API
import Access
import Foundation
import Hummingbird
import Logging
import PostgresDriver

/// Serves the read API of the database `DATABASE_URL` on 127.0.0.1.
///
///     ReadAPIBenchmark PORT cached|uncached|cold
///
/// `cached` is what runs in production, `uncached` asks the database for every answer, and `cold` keeps
/// nothing at all from one answer to the next, as the first one finds it.
@main
struct ReadAPIBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    let modes: [String: ReadCaching] = [
      "cached": .standard, "uncached": .disabled, "cold": .cold,
    ]
    guard arguments.count == 3, let port = Int(arguments[1]), let caching = modes[arguments[2]],
      let url = ProcessInfo.processInfo.environment["DATABASE_URL"]
    else {
      FileHandle.standardError.write(
        Data("usage: DATABASE_URL=… ReadAPIBenchmark PORT cached|uncached|cold\n".utf8))
      exit(64)
    }
    var logger = Logger(label: "read-api")
    logger.logLevel = .warning
    let router = AccessRouter(Router(context: CallerRequestContext.self), check: .open)
    try ReadRoutes(
      database: ReadDatabase(PostgresConfiguration(url: url), logger: logger),
      position: { "0-0" },
      caching: caching, logger: logger
    ).add(to: router.requiring(.reading))
    try await Application(
      router: router.checked(), configuration: .init(address: .hostname("127.0.0.1", port: port)),
      logger: logger
    ).runService()
  }
}
