import Access
import EventBus
import Events
import Foundation
import Hummingbird
import Ingest
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
      } else if ["    get:", "    post:", "    put:", "    delete:"].contains(line) {
        let method = line.dropFirst(4).dropLast().uppercased()
        operations.append(Operation(name: "\(method) \(path)"))
      } else if !operations.isEmpty {
        operations[operations.count - 1].lines.append(line)
      }
    }
    return operations
  }

  /// The routes of every role; the servers behind them need not be there.
  private func routes() async throws -> [(name: String, scopes: String?)] {
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
    let router = try services.makeRouter(
      health: HealthRegistry(), mirror: mirror,
      messages: try services.makeMessages(mirror: mirror)?.routes)
    _ = try router.checked()
    let routes = router.declarations.map { declaration in
      let path = declaration.path.replacing(/:(\w+)/) { "{\($0.1)}" }
        .replacing("**", with: "{asset}")
      let scopes = declaration.required.scopes.map { $0.map(\.rawValue).joined(separator: ", ") }
      return (name: "\(declaration.method.rawValue) \(path)", scopes: scopes)
    }
    await mirror.close()
    return routes
  }

  private static let early =
    Ingest.paths.map { "POST \($0)" }
    + OtherClient.allCases.flatMap { client in
      client.paths.flatMap { path in client.methods(on: path).map { "\($0) \(path)" } }
    }

  @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() async throws {
    let described = Set(try operations().map(\.name))
    let routes = Set(try await routes().map(\.name))
    #expect(routes.subtracting(described).isEmpty)
    // These answer before a router is asked.
    #expect(described.subtracting(routes) == Set(Self.early + ["GET /ws/dashboard"]))
  }

  @Test func theDescriptionNamesTheScopesThatRoutesDeclare() async throws {
    var declared = Dictionary(
      uniqueKeysWithValues: try await routes().map { ($0.name, $0.scopes) })
    for name in Self.early {
      // What a client asks of its server before it sends.
      declared[name] = name.hasPrefix("GET ") ? .some(nil) : "ingest, ingest:class"
    }
    declared["GET /ws/dashboard"] = "dashboard, admin"
    for operation in try operations() {
      let security = operation.lines.first { $0.hasPrefix("      security: ") }?.dropFirst(16)
      let scopes = try #require(declared[operation.name], "\(operation.name)")
      let alternatives = (scopes ?? "").split(separator: ", ").map { ", {bearer: [\($0)]}" }
      #expect(
        security?.replacing("'", with: "") == "[{}\(alternatives.joined())]",
        "\(operation.name)")
    }
  }
}
