import Foundation
import Logging
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

@testable import BigQueryMirror

/// What a mirror that is switched on and sends nothing says of itself.
@Suite(.tags(.servers)) struct MirrorStateTests {
  /// Whether BigQuery is away.
  private final class Outage: Sendable {
    let isOn = Atomic(true)
  }

  @Test(arguments: [500, 503, 429])
  func aMirrorThatCannotStartSaysSoUntilItCan(status: Int) async throws {
    let outage = Outage()
    let script = Answers.script { request in
      if outage.isOn.load(ordering: .relaxed) { return Answers.error(status, "backendError") }
      return request.isInsertAll ? Answers.accepted : Answers.error(404, "notFound")
    }
    try await withBigQueryStub(otherwise: script) { server in
      // BigQuery is asked at the start about tables that leave columns out.
      let change = MirrorFixture.change { $0.pseudonymizedTables = ["dialogue_sessions"] }
      try await withMirror(server.url, change: change) { mirror in
        // Another process, which answers the questions.
        let observer = mirror.controller(server.url)
        #expect(try await observer.status().state == MirrorState(kind: .absent))
        let unserved = try await observer.health()
        #expect(unserved.problems == ["no process runs the mirror"])
        #expect(!unserved.isHealthy)

        let service = MirrorService(controller: mirror.controller, logger: MirrorFixture.logger)
        let run = Task { try await service.run() }
        try await eventually("it waits") { try await observer.status().state.kind == .waiting }
        let waiting = try await observer.status().state
        #expect(waiting.reason == "BigQuery answered HTTP \(status) backendError")
        #expect(waiting.since != nil)
        #expect(
          try await observer.health().problems == [
            "the mirror waits: BigQuery answered HTTP \(status) backendError"
          ])

        outage.isOn.store(false, ordering: .relaxed)
        try await eventually("it runs") { try await observer.status().state.kind == .running }
        #expect(try await observer.health().status == .healthy)
        run.cancel()
        _ = await run.result
        try await eventually("it is gone") { try await observer.status().state.kind == .absent }
      }
    }
  }

  @Test func aProcessThatIsGoneWithoutAWordIsNotCountedOn() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let service = MirrorPresence(store: mirror.controller.store, logger: MirrorFixture.logger)
      await service.set(.starting)
      #expect(try await mirror.controller.health().warnings == ["the mirror is starting"])
      await service.set(.running)
      #expect(try await mirror.controller.status().state.kind == .running)
      try await mirror.pool.query(
        "update bq_sync_processes set heard_at = now() - interval '31 s'")
      #expect(try await mirror.controller.status().state == MirrorState(kind: .absent))
    }
  }

  @Test func aMirrorThatIsOffHasNoState() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let status = try await mirror.controller.store.status(enabled: false)
      #expect(status.state == MirrorState(kind: .off))
      let json = String(decoding: try JSONEncoder.google.encode(status), as: UTF8.self)
      #expect(json.contains(#""reason":null,"since":null,"state":"off""#))
    }
  }
}
