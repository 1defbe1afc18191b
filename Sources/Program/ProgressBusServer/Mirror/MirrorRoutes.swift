import BigQueryMirror
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// What operators ask of the BigQuery mirror.
struct MirrorRoutes {
  let controller: MirrorController

  func add(to router: some RouterMethods<BasicRequestContext>) {
    let mirror = router.group("/api/bq-sync")
    mirror.get("status") { [controller] _, _ in
      try await MirrorAnswer.json { try await controller.status() }
    }
    mirror.post("flush") { [controller] _, _ in
      try await MirrorAnswer.json { try await controller.flush() }
    }
    mirror.post("retry") { [controller] _, _ in
      try await MirrorAnswer.json { try await controller.retry() }
    }
    mirror.delete("failed") { [controller] _, _ in
      try await MirrorAnswer.json { try await controller.clearFailed() }
    }
    mirror.post("retention") { [controller] _, _ in
      try await MirrorAnswer.json { try await controller.enforceRetention() }
    }
    mirror.get("health") { [controller] _, _ in
      try await MirrorAnswer.json(
        status: { $0.isHealthy ? .ok : .serviceUnavailable },
        { try await controller.health() })
    }
  }
}
