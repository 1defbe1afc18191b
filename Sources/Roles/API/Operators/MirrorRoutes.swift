public import BigQueryMirror
import HTTPTypes
public import Hummingbird

/// What operators ask of the BigQuery mirror: its queue, its failures, its health.
public struct MirrorRoutes: Sendable {
  private static let path = "/api/bq-sync"

  private let controller: MirrorController

  public init(controller: MirrorController) {
    self.controller = controller
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    let mirror = router.group(RouterPath(Self.path))
    mirror.get("status") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in try await controller.status() }
    }
    mirror.post("flush") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in try await controller.flush() }
    }
    mirror.post("retry") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in try await controller.retry() }
    }
    mirror.delete("failed") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in try await controller.clearFailed() }
    }
    mirror.post("retention") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in
        try await controller.enforceRetention()
      }
    }
    mirror.get("health") { [controller] request, context in
      try await APIAnswer.encoded(
        request, context, status: { $0.isHealthy ? .ok : .serviceUnavailable },
        { _ in try await controller.health() })
    }
  }
}
