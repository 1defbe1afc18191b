import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Against the emulator, read by Google's client.
@Suite(.tags(.servers)) struct EmulatorTests {
  /// Runs `body` with a mirror whose tables have been created in a dataset of its own.
  private func withTables(
    _ body: @Sendable (MirrorFixture, _ dataset: String) async throws -> Void
  ) async throws {
    let server = try await SharedEmulator.shared.server()
    let dataset = await SharedEmulator.shared.nextDataset()
    try await withBigQueryProxy(to: server.url) { bigQuery in
      try await withMirror(
        bigQuery.url,
        change: MirrorFixture.change {
          $0.datasetID = dataset
          $0.callTimeout = .seconds(60)
        }
      ) { mirror in
        let report = try await mirror.controller.createTables()
        #expect(report.datasetsCreated == [dataset])
        #expect(report.tables.count == 12)
        #expect(report.tables.allSatisfy { $0.state == .created })
        try await body(mirror, dataset)
      }
    }
  }

  @Test func rowsOfAllTablesArriveWithTheRightTypes() async throws {
    try await withTables { mirror, dataset in
      let sql = try String(
        contentsOfFile: "\(ProjectFolder.path)/Tests/Support/Python/eleven_tables.sql",
        encoding: .utf8)
      try await mirror.pool.withConnection { try await $0.executeScript(sql) }
      let report = try await mirror.controller.flush()
      #expect(report.failed == 0 && report.retried == 0 && report.pending == 0)
      #expect(report.synced == 11)
      try await ElevenTables.inserted.check(
        "\(SharedEmulator.project).\(dataset)", in: SharedEmulator.shared.server())
    }
  }

  @Test func invalidRowsAreFailuresAndTheOthersAreIn() async throws {
    try await withTables { mirror, dataset in
      // The table is somebody else's, and wants a column that ours may leave empty.
      let client = try await mirror.controller.parts.client()
      let tables = client.path("datasets", dataset, "tables")
      #expect(try await client.call(.delete, "\(tables)/rag_metrics").isSuccess)
      let strict = """
        {"tableReference":{"projectId":"test","datasetId":"\(dataset)","tableId":"rag_metrics"},
        "schema":{"fields":[{"name":"id","type":"STRING"},{"name":"session_id","type":"STRING"},
        {"name":"queried_at","type":"TIMESTAMP"},{"name":"corpus_id","type":"STRING"},
        {"name":"query_text","type":"STRING","mode":"REQUIRED"},
        {"name":"results_count","type":"INTEGER"},{"name":"top_relevance_score","type":"FLOAT"},
        {"name":"latency_ms","type":"INTEGER"},{"name":"used_in_response","type":"BOOLEAN"},
        {"name":"user_id","type":"STRING"}]}}
        """
      #expect(try await client.call(.post, tables, body: Array(strict.utf8)).isSuccess)
      try await mirror.pool.query(
        """
        insert into rag_metrics (id, session_id, corpus_id, query_text)
        select 'r' || n, 's', 'c', case when n % 100 <> 0 then 'sets' end
        from generate_series(1, 5000) as n
        """)
      let big = mirror.controller(try await SharedEmulator.shared.server().url) {
        $0.datasetID = dataset
        $0.batchSize = 500
        $0.callTimeout = .seconds(60)
      }
      let report = try await big.flush()
      #expect(report == FlushReport(synced: 4_950, retried: 0, failed: 50, pending: 0))
      let counted = try await SharedEmulator.shared.rows(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM `\(dataset).rag_metrics`")
      #expect(counted == [["n": 4_950, "d": 4_950]])
      #expect(
        try await mirror.number(
          """
          select count(*) from bq_sync_failures where status = 'pending' and attempts = 1
            and source_key ~ '^r[0-9]*00$' and reason like 'invalid: query_text: %'
          """) == 50)
      let figures = try await mirror.figures("rag_metrics")
      #expect(figures.enqueued == 5_000 && figures.synced == 4_950 && figures.failed == 50)
    }
  }

  @Test func theDedupViewShowsEachRowOnceAndAsItIsNow() async throws {
    try await withTables { mirror, dataset in
      func store(_ at: String, reps: Int, user: String = "u") async throws {
        try await mirror.pool.query(
          "select store_training_sessions($1::json)",
          [
            .text(
              """
              [{"event_id": "\(UUID())", "occurred_at": "\(at)", "session": {
                "sessionId": "s", "userId": "\(user)", "exerciseType": "squat", "status": "completed",
                "startTime": "2026-01-01T00:00:00Z", "repCount": \(reps)}}]
              """)
          ])
        _ = try await mirror.controller.flush()
      }
      try await store("2026-01-01T00:00:00Z", reps: 1)
      try await store("2026-01-01T00:00:02Z", reps: 3)
      // Older than what is known: changes nothing, and is not sent.
      try await store("2026-01-01T00:00:01Z", reps: 2)
      // Another user's session of the same id.
      try await store("2025-12-01T00:00:00Z", reps: 7, user: "v")
      let all = try await SharedEmulator.shared.rows(
        "SELECT rep_count FROM `\(dataset).sessions` WHERE created_at > '2020-01-01' ORDER BY 1")
      #expect(all == [["rep_count": 1], ["rep_count": 3], ["rep_count": 7]])
      let seen = try await SharedEmulator.shared.rows(
        "SELECT rep_count FROM `\(dataset).sessions_dedup` ORDER BY 1")
      #expect(seen == [["rep_count": 3], ["rep_count": 7]])
    }
  }

  @Test func anotherSchemaIsReportedColumnByColumn() async throws {
    try await withTables { mirror, dataset in
      let client = try await mirror.controller.parts.client()
      let tables = client.path("datasets", dataset, "tables")
      let name = "\(tables)/agent_metrics"
      #expect(try await client.call(.delete, name).isSuccess)
      #expect(try await mirror.controller.check().tables.contains { $0.state == .missing })
      let other = """
        {"tableReference":{"projectId":"test","datasetId":"\(dataset)","tableId":"agent_metrics"},
        "schema":{"fields":[{"name":"session_id","type":"STRING","mode":"REQUIRED"},
        {"name":"agent_name","type":"INTEGER","mode":"REQUIRED"},{"name":"mine","type":"STRING"}]}}
        """
      #expect(try await client.call(.post, tables, body: Array(other.utf8)).isSuccess)
      let checked = try await mirror.controller.check()
      let table = try #require(checked.tables.first { $0.table == "\(dataset).agent_metrics" })
      #expect(table.state == .different)
      #expect(!checked.isGood)
      let found = table.differences.map { "\($0.column) \($0.kind.rawValue)" }
      #expect(found.contains("agent_name type"))
      #expect(found.contains("mine unexpected"))
      #expect(found.contains("latency_ms missing"))
      #expect(found.contains("action missing"))
      #expect(found.contains("timePartitioning.field layout"))
      #expect(try await mirror.controller.createTables().tables.contains(table))

      let mended = try await mirror.controller.createTables(addColumns: true)
      let after = try #require(mended.tables.first { $0.table == table.table })
      #expect(after.state == .columnsAdded)
      #expect(after.addedColumns.contains("latency_ms"))
      #expect(!after.addedColumns.contains("action"), "REQUIRED columns cannot be added")
      #expect(
        after.differences.filter { $0.kind == .missing }.map(\.column).sorted()
          == ["action", "timestamp"])
    }
  }
}
