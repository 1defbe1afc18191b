import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

extension MirrorEndToEnd {
  /// The BigQuery mirror when something breaks.
  @Suite struct MirrorOutageTests {
    private static let accepted = FaultAnswer.json(200, #"{"kind":"x"}"#)

    @Test func postStaysFastWhileBigQueryHangs() async throws {
      let isHanging = Switch()
      let script: FaultServer.Script = { _ in isHanging.isOn ? .hang : Self.accepted }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withMirrorDeployment(bigQueryURL: bigQuery.url) { deployment in
          try await withServer(deployment.server()) { process in
            let server = process.server
            try await deployment.post(MirroredEvents.dialogue(0), to: server)
            try await eventually(within: .seconds(30), "a call hangs") {
              !bigQuery.requests.isEmpty
            }
            let times = try await post(to: server, in: deployment, for: MirrorScale.hang)
            let sessions = times.count + 1
            try await eventually(within: .seconds(30), "PostgreSQL is current") {
              try await deployment.number("select count(*) from dialogue_sessions") == sessions
            }
            #expect(try await deployment.totals(of: server).synced == 0)
            isHanging.turnOff()
            let rows = 3 * sessions
            try await eventually(within: .seconds(180), "the rows arrive") {
              try await deployment.totals(of: server)
                == MirrorFigures(enqueued: rows, synced: rows, pending: 0, failed: 0)
            }
            print(
              "POST of dialogue_session_ended while BigQuery hangs for \(MirrorScale.hang): "
                + "\(times.count) answers, p50 \(times.percentile(50)), p99 \(times.percentile(99))"
            )
            #expect(times.percentile(99) < MirrorScale.answerLimit)
          }
        }
      }
    }

    /// Sends sessions one after the other, some thirty a second, and says how long each answer took.
    private func post(
      to server: ServerUnderTest, in deployment: MirrorDeployment, for duration: Duration
    ) async throws -> [Duration] {
      let end = ContinuousClock.now + duration
      var times: [Duration] = []
      while .now < end {
        let start = ContinuousClock.now
        try await deployment.post(MirroredEvents.dialogue(times.count + 1), to: server)
        times.append(.now - start)
        try await Task.sleep(for: .milliseconds(30))
      }
      return times
    }

    @Test func aWorkerThatIsKilledLeavesNoRowBehind() async throws {
      let answers = AnswerBudget()
      let script: FaultServer.Script = { _ in answers.take() ? Self.accepted : .hang }
      try await withBigQueryStub(otherwise: script) { bigQuery in
        try await withMirrorDeployment(
          bigQueryURL: bigQuery.url,
          ["BQ_SYNC_BATCH_SIZE": "10", "BQ_SYNC_LEASE_SECONDS": "2"]
        ) { deployment in
          try await deployment.insertMetrics(2_000)
          let process = try deployment.server(roles: "worker")
          for _ in 0..<4 {
            answers.refill(5)
            try await process.start()
            let before = bigQuery.requests.count
            try await eventually(within: .seconds(60), "it sends") {
              bigQuery.requests.count > before && answers.isSpent
            }
            await process.kill()
          }
          #expect(try await deployment.number("select count(*) from bq_sync_queue") > 0)
          answers.refill(.max)
          try await withServer(process) { process in
            // Once its predecessors' leases are over.
            try await eventually(within: .seconds(120), "all are synced") {
              try await deployment.totals(of: process.server)
                == MirrorFigures(enqueued: 2_000, synced: 2_000, pending: 0, failed: 0)
            }
          }
          let sent = try bigQuery.requests.flatMap { request in
            try JSONDecoder().decode(SentRows.self, from: Data(request.body)).rows.map(\.insertId)
          }
          #expect(Set(sent).count == 2_000)
          print("killed 4 times: \(sent.count) rows sent for 2,000")
        }
      }
    }

    /// How many calls are answered.
    private final class AnswerBudget: Sendable {
      private let left = Atomic(0)

      var isSpent: Bool { left.load(ordering: .relaxed) <= 0 }

      func refill(_ count: Int) { left.store(count, ordering: .relaxed) }

      func take() -> Bool { left.subtract(1, ordering: .relaxed).oldValue > 0 }
    }

    private struct SentRows: Decodable {
      struct Row: Decodable { let insertId: String }
      let rows: [Row]
    }
  }
}
