import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
public import Observability

/// What operators' tools ask of any process: whether it lives, whether it can do its work, its metrics.
public struct HealthAndMetricsRoutes: Sendable {
  private let registry: MetricsRegistry
  private let health: HealthRegistry

  /// - Parameter health: `/health/ready` is 503 while a check that it requires is down. `ServerServices`
  ///   requires one, of the bus: every role stands still without it. Stores may be away; their checks
  ///   make the report `degraded`, and the answer stays 200.
  public init(registry: MetricsRegistry, health: HealthRegistry) {
    self.registry = registry
    self.health = health
  }

  /// Whether the process runs and can do its work: for whatever watches over it, which has no token.
  public func addHealth<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/health/live") { _, _ in
      Response.json(ByteBuffer(string: #"{"status":"ok"}"#))
    }
    router.get("/health/ready") { [health] _, _ in
      let report = await health.report()
      return Response.json(
        ByteBuffer(data: try report.json()),
        status: report.isReady ? .ok : .serviceUnavailable)
    }
  }

  /// Figures of the whole deployment. They name no learner and no course.
  public func addMetrics<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/metrics") { [registry] _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: registry.prometheusText())))
    }
  }
}
