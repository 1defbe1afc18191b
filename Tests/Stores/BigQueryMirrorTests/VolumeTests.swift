import Foundation
import Logging
import PostgresDriver
import ProgressBusTesting
import ServiceLifecycle
import Testing

@testable import BigQueryMirror

/// Many rows.
@Suite(.tags(.servers)) struct VolumeTests {
  @Test func tenThousandRowsDrainWithAtMostTenCallsASecond() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(10_000)
        let start = ContinuousClock.now
        let report = try await mirror.controller.flush()
        let took = ContinuousClock.now - start
        print("10,000 rows, default settings: \(took), \(server.requests.count) calls")
        #expect(report.synced == 10_000)
        let sizes = try server.requests.map { try $0.sentIDs.count }
        // A hundred calls of 100 rows would take nine seconds whatever the machine.
        #expect(sizes.first == 100)
        #expect(sizes.max() == 500)
        #expect(sizes.count <= 60)
        #expect(took >= .seconds((sizes.count - 1) / 10), "at most ten calls in any second")
      }
    }
  }

  @Test func aMillionWaitingRowsCostNoMemoryAndNoTime() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(
        server.url,
        change: MirrorFixture.change {
          $0.batchSize = 500
          $0.callsPerSecond = 1_000
        }
      ) { mirror in
        for part in 0..<4 { try await mirror.insertMetrics(250_000, prefix: "p\(part)-") }
        try await mirror.pool.query("analyze bq_sync_queue")
        let before = Memory.resident
        let start = ContinuousClock.now
        let status = try await mirror.controller.status()
        let statusTook = ContinuousClock.now - start
        #expect(status.totals.pending == 1_000_000)
        let engine = try await mirror.controller.engine()
        let table = try #require(
          try await engine.store.tables().first { $0.sourceTable == "agent_metrics" })
        let batches = BatchCount(limit: 100)
        let draining = ContinuousClock.now
        let counts = try await engine.drain(table) { batches.isReached() }
        let drainTook = ContinuousClock.now - draining
        print(
          "1,000,000 rows queued: status in \(statusTook), \(counts.synced) rows in \(drainTook), "
            + "memory grew by \((Memory.resident - before) / 1_048_576) MiB")
        #expect(counts.synced == 50_000)
        // The stub keeps every request, some 300 bytes a row; a million rows would be far more.
        #expect(Memory.resident - before < 150 * 1_048_576)
      }
    }
  }

  @Test func retentionDeletesTheMirroredInBoundedBatches() async throws {
    try await withBigQueryStub { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.retentionBatch = 1_000 }) {
        mirror in
        try await mirror.pool.query(
          """
          insert into agent_metrics (id, session_id, agent_name, action, timestamp)
          select 'm' || n, 's', 'a', 'x', now() - case when n % 10 = 0 then '1 day' else '61 days' end
            ::interval from generate_series(1, 100000) as n
          """)
        try await mirror.pool.query(
          "update agent_metrics set synced_to_bq = true where id like '%1'")
        let stopped = StopFlag()
        let slowest = Task {
          var slowest = Duration.zero
          var number = 0
          while !stopped.isRaised {
            let start = ContinuousClock.now
            try await mirror.insertMetrics(10, prefix: "new\(number)-")
            slowest = max(slowest, ContinuousClock.now - start)
            number += 1
          }
          return (slowest, number)
        }
        let start = ContinuousClock.now
        let report = try await mirror.controller.enforceRetention()
        let took = ContinuousClock.now - start
        stopped.raise()
        let (slowestInsert, inserts) = try await slowest.value
        print(
          "retention of 10,000 of 100,000 rows: \(took); slowest of \(inserts) inserts beside it: \(slowestInsert)"
        )
        #expect(report.tables == [.init(sourceTable: "agent_metrics", deleted: 10_000)])
        #expect(
          try await mirror.number(
            "select count(*) from agent_metrics where id like 'm%' and not synced_to_bq") == 90_000)
        #expect(try await mirror.controller.enforceRetention().deleted == 0)
      }
    }
  }

  @Test func theServiceSendsAlertsAndStopsWhenAsked() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        request.isInsertAll ? Answers.accepted : .text(204, "")
      }
    ) { server in
      try await withMirror(
        server.url,
        change: MirrorFixture.change {
          $0.batchSize = 50
          $0.interval = .seconds(2)
          $0.pendingWarning = 10
          $0.failedAlert = 0
          $0.alertWebhookURL = "\(server.url)/alert"
        }
      ) { mirror in
        server.answerNext(
          Answers.insertErrors([(0, "invalid", "about learner-one")]))
        let group = ServiceGroup(
          services: [MirrorService(controller: mirror.controller, logger: .init(label: "test"))],
          logger: .init(label: "test"))
        let running = Task { try await group.run() }
        try await mirror.insertMetrics(50)
        try await eventually("the full batch is sent") {
          try await mirror.figures().synced == 49
        }
        try await mirror.insertMetrics(5, prefix: "few")
        try await eventually("the few are sent") { try await mirror.figures().synced == 54 }
        try await eventually(within: .seconds(20), "the alert is told") {
          server.requests.contains { $0.target == "/alert" }
        }
        let alert = try #require(server.requests.first { $0.target == "/alert" })
        #expect(alert.text.contains("failed_rows") && !alert.text.contains("learner-one"))
        let health = try await mirror.controller.health()
        #expect(health.status == .unhealthy && !health.isHealthy)
        await group.triggerGracefulShutdown()
        try await running.value
      }
    }
  }
}
