import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import Observability

/// What operators and their tools read: health and metrics.
struct OperationsRoutes {
  let registry: MetricsRegistry
  let health: HealthRegistry

  func add(to router: Router<BasicRequestContext>) {
    router.get("/health/live") { _, _ in
      Response.json(ByteBuffer(string: #"{"status":"ok"}"#))
    }
    router.get("/health/ready") { [health] _, _ in
      let report = await health.report()
      return Response.json(
        ByteBuffer(data: try report.json()),
        status: report.status == .down ? .serviceUnavailable : .ok)
    }
    router.get("/metrics") { [registry] _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: registry.prometheusText())))
    }
  }
}

extension Response {
  /// An answer that no cache may keep.
  static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: body))
  }
}
