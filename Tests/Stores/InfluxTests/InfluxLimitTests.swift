import CurlTransport
import EventBus
import Events
import LocalStack
import ProgressBusTesting
import Synchronization
import Testing
import WorkerRuntime

@testable import Influx

/// What InfluxDB 1.6 refuses because there is too much of it, or it is too old.
@Suite(.tags(.servers), .timeLimit(.minutes(2))) struct InfluxLimitTests {
  /// Counts the requests.
  private struct CountingTransport: HTTPTransport {
    final class Count: Sendable {
      let requests = Atomic<Int>(0)
    }

    let transport = CurlTransport()
    let count = Count()

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
      count.requests.add(1, ordering: .relaxed)
      return try await transport.send(request)
    }

    func shutdown() async { await transport.shutdown() }
  }

  private func entry(_ number: Int, learner: Int) -> JournalEntry {
    TestEvents.entry([
      "event_id": TestEvents.quoted(TestEvents.id(number)), "cell_index": "\(number)",
      "student_id": "\"s\(learner)\"",
    ])
  }

  @Test(arguments: ["max-values-per-tag = 10", "max-series-per-database = 10"])
  func aLimitCostsNoGoodPointAndFewRequests(limit: String) async throws {
    try await withTemporaryFolder("influxdb") { folder in
      let server = InfluxServer(
        folder: folder, port: try LoopbackPort.free(), dataSettings: [limit])
      try await withServer(ServerController(server)) { server in
        let configuration = try InfluxConfiguration(
          url: server.server.url, database: server.server.database)
        let transport = CountingTransport()
        let sink = InfluxSink(configuration: configuration, transport: transport)
        #expect(try await sink.write((0..<10).map { entry($0, learner: $0) }) == [])

        // Every second learner is new.
        let batch = (10..<410).map { entry($0, learner: $0 % 20) }
        let bad = batch.indices.filter { (10 + $0) % 20 >= 10 }
        let refusals = try await sink.write(batch)
        #expect(refusals.map(\.index) == bad)
        #expect(refusals.allSatisfy { $0.cause == .limit && $0.reason.contains("tsi1") })
        let query = InfluxQuery(configuration: configuration, transport: CurlTransport())
        let counted = try await query.run("SELECT COUNT(cell_index) FROM progress_event")
        #expect(counted.first?.rows.first?["count"] == .integer(Int64(410 - bad.count)))
        let searching = transport.count.requests.load(ordering: .relaxed)
        #expect(searching <= 1 + 2 * 20, "two for each series at most, and 200 events are refused")

        let again = try await sink.write(batch)
        #expect(again.map(\.index) == bad)
        #expect(transport.count.requests.load(ordering: .relaxed) == searching + 1)
        await sink.close()
      }
    }
  }

  @Test func whatIsPastTheRetentionWindowIsExpiredAndTheRestStored() async throws {
    try await withSink { sink, query in
      _ = try await query.run(
        "ALTER RETENTION POLICY autogen ON \"\(sink.database)\" DURATION 1h SHARD DURATION 1h")
      let now = Timestamp.now().description
      let batch = (0..<100).map { number in
        TestEvents.entry([
          "event_id": TestEvents.quoted(TestEvents.id(number)), "cell_index": "\(number)",
          "occurred_at": number % 3 == 0
            ? "\"2001-01-01T00:00:00.000000Z\"" : TestEvents.quoted(now),
        ])
      }
      let refusals = try await sink.write(batch)
      #expect(refusals.map(\.index) == batch.indices.filter { $0 % 3 == 0 })
      #expect(refusals.allSatisfy { $0.cause == .expired })
      let counted = try await query.run("SELECT COUNT(cell_index) FROM progress_event")
      #expect(counted.first?.rows.first?["count"] == .integer(66))
    }
  }
}
