import CurlTransport
import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Processes that end, and several at once.
@Suite(.tags(.servers)) struct CrashTests {
  @Test func aProcessThatEndsBeforeItsCommitLosesNoRow() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(
        server.url,
        change: MirrorFixture.change {
          $0.batchSize = 20
          $0.lease = .milliseconds(100)
        }
      ) { mirror in
        try await mirror.insertMetrics(300)
        // BigQuery has the rows, and nobody writes it down: for the database the process is gone.
        let settle = "bq_sync_settle(text, uuid, jsonb, text)"
        try await mirror.pool.query("alter function \(settle) rename to bq_sync_settle_away")
        for round in 1...3 {
          await #expect(throws: (any Error).self) { try await mirror.controller.flush() }
          #expect(server.requests.count == round)
          let figures = try await mirror.figures()
          #expect(figures.enqueued == figures.synced + figures.pending + figures.failed)
          try await eventually("the lease runs out") {
            try await mirror.number("select count(*) from bq_sync_queue where ready_at > now()")
              == 0
          }
        }
        try await mirror.pool.query(
          "alter function bq_sync_settle_away(text, uuid, jsonb, text) rename to bq_sync_settle")
        _ = try await mirror.controller.flush()
        let sent = try server.requests.flatMap { try $0.sentIDs }
        #expect(Set(sent).count == 300)
        #expect(sent.count > 300, "some were sent twice, under the same insertId")
        let figures = try await mirror.figures()
        #expect(figures.enqueued == 300 && figures.synced == 300 && figures.pending == 0)
      }
    }
  }

  @Test func aLeaseThatRanOutSettlesNothing() async throws {
    try await withBigQueryStub { server in
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(1)
        let store = MirrorStore(pool: mirror.pool)
        let late = UUID()
        let current = UUID()
        let first = try await store.claim(
          "agent_metrics", token: late, limit: 1, lease: .zero)
        let second = try await store.claim(
          "agent_metrics", token: current, limit: 1, lease: .seconds(60))
        #expect(first.map(\.id) == second.map(\.id))
        let verdicts = first.map { RowVerdict(id: $0.id, fate: .failed, reason: "late") }
        #expect(
          try await store.settle(
            "agent_metrics", token: late, verdicts: verdicts, publicError: nil) == DeliveryCounts())
        #expect(try await mirror.figures().pending == 1)
      }
    }
  }

  @Test func twoMirrorsSendEveryRowOnce() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in
        .json(200, #"{"kind":"x"}"#, delay: .milliseconds(3))
      }
    ) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.callsPerSecond = 1_000 }) {
        mirror in
        let other = mirror.controller(server.url) { $0.callsPerSecond = 1_000 }
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for batch in 0..<40 { try await mirror.insertMetrics(50, prefix: "b\(batch)-") }
          }
          for controller in [mirror.controller, other] {
            group.addTask {
              while try await mirror.number("select count(*) from agent_metrics where synced_to_bq")
                < 2_000
              { _ = try await controller.flush() }
            }
          }
          group.addTask {
            while true {
              // The figures and the queue itself, in one snapshot.
              let adds = try await mirror.text(
                """
                select bool_and(counts.enqueued = counts.synced + counts.pending + counts.failed
                  and counts.enqueued = (select count(*) from agent_metrics)
                  and counts.pending = (select count(*) from bq_sync_queue)
                  and counts.synced = (select count(*) from agent_metrics where synced_to_bq))
                from bq_sync_counts as counts where source_table = 'agent_metrics'
                """)
              #expect(adds == "true")
              try await mirror.pool.query("select bq_sync_fold()")
              let synced = try await mirror.figures().synced
              if synced == 2_000 { return }
            }
          }
          try await group.waitForAll()
        }
        let sent = try server.requests.flatMap { try $0.sentIDs }
        #expect(sent.count == 2_000)
        #expect(Set(sent).count == 2_000)
      }
    }
  }

  @Test func noTransactionIsOpenWhileBigQueryHangs() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        request.target.contains("agent_metrics") ? .hang : Answers.accepted
      }
    ) { server in
      try await withMirror(
        server.url, change: MirrorFixture.change { $0.callTimeout = .seconds(60) }
      ) { mirror in
        try await mirror.insertMetrics(10)
        let flush = Task { try await mirror.controller.flush() }
        try await eventually("the call hangs") { server.requests.count == 1 }
        try await eventually("no transaction is open but for a moment") {
          try await mirror.number(
            """
            select count(*) from pg_stat_activity where datname = current_database()
              and xact_start is not null and pid <> pg_backend_pid()
            """) == 0
        }
        try await mirror.pool.query(
          """
          insert into rag_metrics (session_id, corpus_id) select 's', 'c' from generate_series(1, 10)
          """)
        _ = try await mirror.controller(server.url).flush()
        #expect(try await mirror.figures("rag_metrics").synced == 10)
        #expect(try await mirror.figures().pending == 10)
        flush.cancel()
        _ = await flush.result
        let ready = try await mirror.number(
          "select count(*) from bq_sync_queue where ready_at <= now() and attempts = 0")
        #expect(ready == 10, "rows of a call that was given up are ready at once")
      }
    }
  }
}
