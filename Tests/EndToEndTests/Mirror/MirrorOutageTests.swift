import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

@Suite("The BigQuery mirror when something breaks")
struct MirrorOutageTests {
  private static let accepted = FaultAnswer.json(200, #"{"kind":"x"}"#)

  @Test("While BigQuery hangs, POST stays fast and PostgreSQL current; then the rows arrive")
  func hanging() async throws {
    let isHanging = Switch()
    let script: FaultServer.Script = { _ in isHanging.isOn ? .hang : Self.accepted }
    try await withFaultServer(otherwise: script) { bigQuery in
      try await withMirrorDeployment(
        bigQueryURL: bigQuery.url, ["BQ_SYNC_CALL_TIMEOUT_SECONDS": "2"]
      ) { deployment in
        try await withServer(deployment.server()) { process in
          let server = process.server
          try await deployment.post(MirroredEvents.dialogue(0), to: server)
          try await eventually(within: .seconds(30), "a call hangs") {
            !bigQuery.requests.isEmpty
          }
          var times: [Duration] = []
          for number in 1..<400 {
            let start = ContinuousClock.now
            try await deployment.post(MirroredEvents.dialogue(number), to: server)
            times.append(.now - start)
          }
          times.sort()
          let p99 = times[times.count * 99 / 100]
          print("POST of dialogue_session_ended while BigQuery hangs: p99 \(p99)")
          #expect(p99 < .milliseconds(500))
          try await eventually(within: .seconds(30), "PostgreSQL is current") {
            try await deployment.number("select count(*) from dialogue_sessions") == 400
          }
          #expect(try await deployment.totals(of: server).synced == 0)
          isHanging.turnOff()
          try await eventually(within: .seconds(180), "the rows arrive") {
            try await deployment.totals(of: server)
              == MirrorFigures(enqueued: 1_200, synced: 1_200, pending: 0, failed: 0)
          }
        }
      }
    }
  }

  @Test("A worker that is killed while it sends leaves no row behind")
  func killed() async throws {
    let answer = FaultAnswer.json(200, #"{"kind":"x"}"#, delay: .milliseconds(30))
    let script: FaultServer.Script = { _ in answer }
    try await withFaultServer(otherwise: script) { bigQuery in
      try await withMirrorDeployment(
        bigQueryURL: bigQuery.url,
        ["BQ_SYNC_BATCH_SIZE": "10", "BQ_SYNC_CALLS_PER_SECOND": "100"]
      ) { deployment in
        try await deployment.pool.query(
          """
          insert into agent_metrics (id, session_id, agent_name, action)
          select 'm' || number, 's', 'tutor', 'answer' from generate_series(1, 1000) as number
          """)
        let process = try deployment.server(roles: "worker")
        for _ in 0..<4 {
          try await process.start()
          let before = bigQuery.requests.count
          try await eventually(within: .seconds(30), "it sends") {
            bigQuery.requests.count >= before + 5
          }
          await process.kill()
        }
        #expect(try await deployment.number("select count(*) from bq_sync_queue") > 0)
        try await withServer(process) { process in
          // Its predecessors' leases last 30 s.
          try await eventually(within: .seconds(120), "all are synced") {
            try await deployment.totals(of: process.server)
              == MirrorFigures(enqueued: 1_000, synced: 1_000, pending: 0, failed: 0)
          }
        }
        let sent = try bigQuery.requests.flatMap { request in
          try JSONDecoder().decode(SentRows.self, from: Data(request.body)).rows.map(\.insertId)
        }
        #expect(Set(sent).count == 1_000)
        print("killed 4 times: \(sent.count) rows sent for 1,000")
      }
    }
  }

  /// On until it is turned off.
  private final class Switch: Sendable {
    private let state = Atomic(true)

    var isOn: Bool { state.load(ordering: .relaxed) }

    func turnOff() { state.store(false, ordering: .relaxed) }
  }

  private struct SentRows: Decodable {
    struct Row: Decodable { let insertId: String }
    let rows: [Row]
  }
}
