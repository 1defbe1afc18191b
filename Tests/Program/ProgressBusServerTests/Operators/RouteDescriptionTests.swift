import EventBus
import Events
import Foundation
import Hummingbird
import Logging
import NIOPosix
import Observability
import ProgressBusTesting
import Testing

@testable import ProgressBusServer

struct RouteDescriptionTests {
  /// An operation of the file, with its lines.
  private struct Operation {
    let name: String
    var lines: [Substring] = []
  }

  private func operations() throws -> [Operation] {
    let file = ProjectFolder.url.appendingPathComponent("Sources/Roles/API/Resources/openapi.yaml")
    var operations: [Operation] = []
    var path = ""
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line == "components:" { break }
      if line.hasPrefix("  /"), line.hasSuffix(":") {
        path = String(line.dropFirst(2).dropLast())
      } else if ["    get:", "    post:", "    delete:"].contains(line) {
        let method = line.dropFirst(4).dropLast().uppercased()
        operations.append(Operation(name: "\(method) \(path)"))
      } else if !operations.isEmpty {
        operations[operations.count - 1].lines.append(line)
      }
    }
    return operations
  }

  /// The routes of every role; the servers behind them need not be there.
  private func routes() async throws -> [String] {
    let settings = try await ResolvedSettings.sample(environment: [
      "REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/none",
      "PROGRESSBUS_WORKER_SINKS": "postgres",
    ])
    let configuration = try ServerConfiguration(settings)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let bus = try await RedisEventBus.start(
      configuration.bus(), on: MultiThreadedEventLoopGroup.singleton, logger: logger)
    defer { bus.close() }
    let mirror = try MirrorConnections.open(configuration)
    let services = ServerServices(
      configuration: configuration, catalog: .standard, bus: bus, registry: MetricsRegistry(),
      logger: logger)
    let routes = try services.makeRouter(health: HealthRegistry(), mirror: mirror).routes.map {
      let path = $0.path.description.replacing(/:(\w+)/) { "{\($0.1)}" }
        .replacing("**", with: "{asset}")
      return "\($0.method.rawValue) \(path)"
    }
    await mirror.close()
    return routes
  }

  @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() async throws {
    let described = Set(try operations().map(\.name))
    let routes = Set(try await routes().filter { !$0.hasPrefix("HEAD ") })
    #expect(routes.subtracting(described).isEmpty)
    // These answer before a router is asked.
    let early: Set = ["POST /student-progress", "POST /api/v1/events", "GET /ws/dashboard"]
    #expect(described.subtracting(routes) == early)
  }

  @Test func everyOperationSaysWhichScopeItNeeds() throws {
    let scopes = try operations().map { operation -> (String, String) in
      let security = operation.lines.first { $0.hasPrefix("      security: ") }
      return (operation.name, security.map { String($0.dropFirst(16)) } ?? "none")
    }
    #expect(scopes.filter { $0.1 == "none" }.isEmpty)
    for (name, security) in scopes where name.contains("dead-letters") || name.contains("bq-sync") {
      #expect(security == "[{}, {bearer: [admin]}]", "\(name)")
    }
  }
}
