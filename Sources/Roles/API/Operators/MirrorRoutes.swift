import Access
public import BigQueryMirror
import HTTPTypes
public import Hummingbird
public import Observability

/// What operators ask of the BigQuery mirror: its queue, its failures, its health.
public struct MirrorRoutes: Sendable {
  private static let path = "/api/bq-sync"

  private let controller: MirrorController
  private let audit: AuditTrail

  /// - Parameter audit: where what operators do is noted; nil without a database.
  public init(controller: MirrorController, audit: (any AuditLog)?) {
    self.controller = controller
    self.audit = AuditTrail(log: audit)
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    let mirror = router.group(RouterPath(Self.path))
    mirror.get("status") { [controller] request, context in
      try await APIAnswer.encoded(request, context) { _ in try await controller.status() }
    }
    mirror.post("flush") { [controller, audit] request, context in
      try await APIAnswer.encoded(request, context) { _ in
        try await audit.record("bigquery.flush", context, count: { $0.synced }) {
          try await controller.flush()
        }
      }
    }
    mirror.post("retry") { [controller, audit] request, context in
      try await APIAnswer.encoded(request, context) { _ in
        try await audit.record("bigquery.retry", context, count: { $0.requeued }) {
          try await controller.retry()
        }
      }
    }
    mirror.delete("failed") { [controller, audit] request, context in
      try await APIAnswer.encoded(request, context) { _ in
        try await audit.record("bigquery.clear-failed", context, count: { $0.cleared }) {
          try await controller.clearFailed()
        }
      }
    }
    mirror.post("retention") { [controller, audit] request, context in
      try await APIAnswer.encoded(request, context) { _ in
        try await audit.record("bigquery.retention", context, count: { $0.deleted }) {
          try await controller.enforceRetention()
        }
      }
    }
    mirror.get("health") { [controller] request, context in
      try await APIAnswer.encoded(
        request, context, status: { $0.isHealthy ? .ok : .serviceUnavailable },
        { _ in try await controller.health() })
    }
  }
}
