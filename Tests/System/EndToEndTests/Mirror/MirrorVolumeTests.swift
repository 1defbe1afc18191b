import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension MirrorEndToEnd {
  /// The mirror in the running program, with many rows.
  @Suite struct MirrorVolumeTests {
    private static let accepted = FaultAnswer.json(200, #"{"kind":"x"}"#)

    @Test func aLongQueueDrainsAndMemoryStaysFlat() async throws {
      let rows = MirrorScale.queuedRows
      let script: FaultServer.Script = { _ in Self.accepted }
      try await withFaultServer(remembersRequests: false, otherwise: script) { bigQuery in
        try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
          try await deployment.pool.query("select bq_sync_start_queue('agent_metrics')")
          for start in stride(from: 0, to: rows, by: 100_000) {
            try await deployment.insertMetrics(
              Swift.min(100_000, rows - start), prefix: "p\(start)-")
          }
          let start = ContinuousClock.now
          try await withServer(deployment.server(roles: "worker")) { process in
            let identifier = try #require(await process.processIdentifier)
            try await eventually(within: .seconds(60), "it has begun") {
              try await deployment.totals(of: process.server).synced >= rows / 10
            }
            let early = try ProcessMemory.resident(of: identifier)
            try await eventually(within: .seconds(60 + rows / 500), "all are synced") {
              try await deployment.totals(of: process.server)
                == MirrorFigures(enqueued: rows, synced: rows, pending: 0, failed: 0)
            }
            let took = ContinuousClock.now - start
            let peak = try ProcessMemory.peak(of: identifier)
            print(
              "\(rows) rows drained in \(took); memory \(early / 1_024) MiB after a tenth, "
                + "\(peak / 1_024) MiB at most")
            #expect(peak - early < 48 * 1_024)
          }
        }
      }
    }

    @Test func retentionDeletesWhilePOSTsAreAnswered() async throws {
      let old = MirrorScale.oldRows
      let script: FaultServer.Script = { _ in .hang }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
          try await withServer(deployment.server()) { process in
            let server = process.server
            try await eventually("the mirror runs, so that rows are queued") {
              try await deployment.number(
                "select count(*) from bq_sync_processes where state = 'running'") == 1
            }
            // The first retention, at the start, has nothing to do.
            try await fill(deployment, synced: old, unsynced: old / 10)
            let isExpiring = Switch()
            async let posted = post(to: server, in: deployment, while: isExpiring)
            let start = ContinuousClock.now
            let answer = try await deployment.transport.send(
              TransportRequest(.post, server.url + "/api/bq-sync/retention", timeout: .seconds(120))
            )
            let took = ContinuousClock.now - start
            let stored = try await deployment.number("select count(*) from dialogue_sessions")
            isExpiring.turnOff()
            let times = try await posted
            print(
              "retention of \(old) of \(old + old / 10) old rows: \(took); meanwhile \(times.count) POSTs, "
                + "\(stored) stored, p99 \(times.percentile(99))")
            let report = try JSONDecoder().decode(RetentionAnswer.self, from: Data(answer.body))
            #expect(report.deleted == old)
            #expect(
              try await deployment.number("select count(*) from agent_metrics") == old / 10,
              "what is not in BigQuery stays")
            #expect(stored > 0, "PostgreSQL was written to while retention ran")
            #expect(times.percentile(99) < MirrorScale.answerLimit)
            try await eventually("the rest is stored") {
              try await deployment.number("select count(*) from dialogue_sessions") == times.count
            }
          }
        }
      }
    }

    private struct RetentionAnswer: Decodable {
      let deleted: Int
    }

    /// Old rows, of which some have gone through the queue.
    private func fill(_ deployment: MirrorDeployment, synced: Int, unsynced: Int) async throws {
      try await deployment.pool.withConnection { connection in
        func insert(_ count: Int, _ prefix: String) async throws {
          try await connection.query(
            """
            insert into agent_metrics (id, session_id, agent_name, action, timestamp)
            select $1 || number, 's', 'tutor', 'answer', now() - '61 days'::interval
            from generate_series(1, $2::integer) as number
            """, [.text(prefix), .integer(Int64(count))], timeout: .seconds(120))
        }
        try await connection.query("begin")
        try await insert(synced, "synced")
        try await connection.query(
          """
          with claimed as materialized (
            select id from bq_sync_claim('agent_metrics', $1::uuid, 2000000000, '1 hour'::interval)
          )
          select bq_sync_settle('agent_metrics', $1::uuid,
            (select jsonb_agg(jsonb_build_object('id', id, 'verdict', 'synced')) from claimed), null)
          """, [.text(UUID().uuidString)], timeout: .seconds(120))
        try await connection.query("commit")
        try await insert(unsynced, "unsynced")
      }
      #expect(
        try await deployment.number("select count(*) from agent_metrics where synced_to_bq")
          == synced
      )
    }

    /// Sends sessions one after the other, and says how long each answer took.
    private func post(
      to server: ServerUnderTest, in deployment: MirrorDeployment, while isGoingOn: Switch
    ) async throws -> [Duration] {
      var times: [Duration] = []
      while isGoingOn.isOn {
        let start = ContinuousClock.now
        try await deployment.post(MirroredEvents.dialogue(times.count), to: server)
        times.append(.now - start)
      }
      return times
    }
  }
}
