import CurlTransport
import Foundation
import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Training sessions of two users with one id.
@Suite(.tags(.servers)) struct SessionKeyTests {
  private static func event(
    _ session: String, of user: String, at moment: String = "2026-03-01T10:00:00Z", reps: Int = 1
  ) -> String {
    """
    {"event_id": "\(UUID())", "occurred_at": "\(moment)", "session": {"sessionId": "\(session)",
      "userId": "\(user)", "exerciseType": "squat", "status": "completed",
      "startTime": "2026-01-01T00:00:00Z", "repCount": \(reps)}}
    """
  }

  private static let stored = """
    select string_agg(concat_ws(' ', user_id, session_id, rep_count, sync_status), ', '
      order by user_id, session_id) from training_sessions
    """

  @Test func sessionsOfTwoUsersWithOneIDAreTwoRows() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(server.url) { mirror in
        func store(_ events: String...) async throws -> Int {
          try await mirror.number(
            "select store_training_sessions('[\(events.joined(separator: ","))]')")
        }
        // In one batch and in two; "1" and "1s" with "ss" and "s" make one text.
        #expect(
          try await store(
            Self.event("s", of: "learner-one"), Self.event("s", of: "user-1"),
            Self.event("ss", of: "1")) == 3)
        #expect(try await store(Self.event("s", of: "1s")) == 1)
        #expect(try await mirror.controller.flush().synced == 4)
        let sent = try server.requests.flatMap { try $0.sentIDs }
        #expect(Set(sent).count == 4)
        // A key that is made of the user's id leaves as a pseudonym.
        #expect(sent.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{64}/) != nil })

        // A newer event about one of them leaves the other alone.
        #expect(
          try await store(
            Self.event("s", of: "user-1", at: "2026-03-01T11:00:00Z", reps: 2)) == 1)
        #expect(
          try await mirror.text(Self.stored)
            == "1 ss 1 synced, 1s s 1 synced, learner-one s 1 synced, user-1 s 2 pending")
        #expect(try await mirror.controller.flush().synced == 1)
        let correction = try #require(try server.requests.last?.sentIDs)
        #expect(correction.count == 1)
        #expect(sent.contains { correction[0].hasPrefix($0) && correction[0] != $0 })
      }
    }
  }

  /// Rows of every state, stored before keys knew users.
  @Test func whatWasStoredByItsIDAloneGoesOnUnderItsNewKey() async throws {
    try await withPostgresDatabase { url in
      let older = try await TestFolders.shared.make("older-sql")
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(ProjectFolder.path)/sql")
      where file < "0220" {
        try FileManager.default.copyItem(
          atPath: "\(ProjectFolder.path)/sql/\(file)", toPath: "\(older)/\(file)")
      }
      let configuration = PostgresConfiguration(url: url)
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      try await Migrations.apply(directory: older, to: configuration, logger: logger)
      let pool = PostgresPool(configuration, size: 2, logger: logger)
      try await pool.query("select bq_sync_start_queue(source_table) from bq_sync_registry")
      let events = ["synced", "waiting", "refused", "gone"].map { Self.event($0, of: "user-1") }
      try await pool.query(
        "select store_training_sessions($1::json)", [.text("[\(events.joined(separator: ","))]")])
      try await pool.withConnection {
        try await $0.executeScript(
          """
          select bq_sync_claim('training_sessions', '00000000-0000-0000-0000-000000000001', 9, '1 min');
          select bq_sync_settle('training_sessions', '00000000-0000-0000-0000-000000000001', (
            select jsonb_agg(jsonb_build_object('id', id, 'counts', true, 'delay', 0, 'reason', 'x',
              'public_reason', 'x', 'verdict', case source_key when 'synced' then 'synced'
                when 'refused' then 'failed' else 'retry' end)) from bq_sync_queue), 'x');
          delete from training_sessions where session_id = 'gone';
          """)
      }
      await pool.close()

      try await Migrations.apply(
        directory: "\(ProjectFolder.path)/sql", to: configuration, logger: logger)
      try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
        let pool = PostgresPool(configuration, size: 8, logger: logger)
        let transport = CurlTransport()
        let mirror = MirrorFixture.controller(pool, transport, server.url, { _ in })
        try await pool.query(
          "select store_training_sessions($1::json)",
          [.text("[\(Self.event("waiting", of: "user-2"))]")])
        #expect(
          try await mirror.flush() == FlushReport(synced: 2, retried: 0, failed: 1, pending: 0))
        #expect(try await mirror.retry() == RetryReport(requeued: 2))
        #expect(
          try await mirror.flush() == FlushReport(synced: 1, retried: 0, failed: 1, pending: 0))
        let rows = try await pool.query("select (\(Self.stored)) as text")
        #expect(
          try rows.first?.value("text")
            == "user-1 refused 1 synced, user-1 synced 1 synced, user-1 waiting 1 synced, "
            + "user-2 waiting 1 synced")
        await transport.shutdown()
        await pool.close()
      }
    }
  }
}
