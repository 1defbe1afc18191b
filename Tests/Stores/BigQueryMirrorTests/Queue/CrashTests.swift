import CurlTransport
import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

@Suite("Processes that end, and several at once")
struct CrashTests {
  @Test("A process that ends between insertAll and its commit, ten times: no row is missing")
  func endsBeforeCommit() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.batchSize = 20 }) {
        mirror in
        try await mirror.insertMetrics(300)
        let engine = try await mirror.controller.engine()
        for _ in 0..<10 {
          // All that a process does before its commit; then it is gone, and its lease runs out.
          let claimed = try await engine.store.claim(
            "agent_metrics", token: UUID(), limit: 20, lease: .milliseconds(1))
          #expect(claimed.count == 20)
          let table = try await engine.table("agent_metrics")
          let rows = try claimed.compactMap {
            try OutgoingRow($0, of: table, nil)
          }
          _ = try await engine.client.call(
            .post,
            engine.client.path("datasets", "warehouse", "tables", "agent_metrics", "insertAll"),
            body: InsertAllRequest.body(rows))
          let figures = try await mirror.figures()
          #expect(figures.enqueued == figures.synced + figures.pending + figures.failed)
        }
        try await eventually("the leases run out") {
          try await mirror.number("select count(*) from bq_sync_queue where ready_at > now()") == 0
        }
        _ = try await mirror.controller.flush()
        let sent = try server.requests.flatMap { try $0.sentIDs }
        #expect(Set(sent).count == 300)
        #expect(sent.count > 300, "some were sent twice, under the same insertId")
        let figures = try await mirror.figures()
        #expect(figures.enqueued == 300 && figures.synced == 300 && figures.pending == 0)
      }
    }
  }

  @Test("A process whose lease ran out does not settle what another holds by now")
  func lateVerdict() async throws {
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
            "agent_metrics", token: late, verdicts: verdicts, publicError: nil) == Tally())
        #expect(try await mirror.figures().pending == 1)
      }
    }
  }

  @Test("Two mirrors at once send every row once, and the figures add up all the while")
  func twoMirrors() async throws {
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

  @Test("While BigQuery hangs no transaction is open, and other tables go on")
  func hanging() async throws {
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
        _ = try await mirror.controller(server.url).engine().drain(
          try await mirror.controller.engine().table("rag_metrics"))
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

extension MirrorEngine {
  func table(_ name: String) async throws -> MirroredTable {
    try #require(try await store.tables().first { $0.sourceTable == name })
  }
}
