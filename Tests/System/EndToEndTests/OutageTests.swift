import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// A server that goes away in the middle and comes back.
  @Suite struct OutageTests {
    private static let outage = Duration.seconds(5)

    @Test func withoutPostgresEverythingElseGoesOn() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let dashboard = try await DashboardClient.connect(to: process)
        let sender = EventSender(to: process)
        try await sender.postAll(NotebookEvent.classroom(500).batches(of: 100))
        try await deployment.expectStored(sender.accepted)

        await deployment.postgres.kill()
        try await send(for: Self.outage, with: sender)
        // Neither InfluxDB nor the dashboards have waited.
        let accepted = Set(sender.accepted)
        #expect(accepted.count > 500)
        try await eventually(within: .seconds(5), "all in InfluxDB") {
          try await Set(deployment.storedInInflux()) == accepted
        }
        try await eventually("all on the dashboard") {
          Set(dashboard.events.compactMap { $0.member("event_id") }) == accepted
        }
        #expect(try await HTTP.shared.get("\(process.url)/health/ready").status == 200)

        try await deployment.postgres.start()
        try await send(for: .seconds(1), with: sender)
        try await deployment.expectStored(sender.accepted)
        #expect(try await deployment.deadLetters().isEmpty)
        let metrics = try await MetricsPage(of: process)
        #expect(metrics["progressbus_sink_retries_total", sink: "postgres"] ?? 0 > 0)
        #expect(metrics["progressbus_sink_up", sink: "postgres"] == 1)
        dashboard.close()
      }
    }

    @Test func withoutInfluxDBEverythingElseGoesOn() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        try await sender.postAll(NotebookEvent.classroom(500).batches(of: 100))
        try await deployment.expectStored(sender.accepted)

        await deployment.influx.kill()
        try await send(for: Self.outage, with: sender)
        let accepted = Set(sender.accepted)
        #expect(accepted.count > 500)
        try await eventually(within: .seconds(5), "all in PostgreSQL") {
          try await Set(deployment.storedInPostgres()) == accepted
        }

        try await deployment.influx.start()
        try await send(for: .seconds(1), with: sender)
        try await deployment.expectStored(sender.accepted)
        #expect(try await deployment.deadLetters().isEmpty)
      }
    }

    @Test func withoutRedisNothingIsAcceptedAndAllGoesOnAfterIt() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let dashboard = try await DashboardClient.connect(to: process)
        let sender = EventSender(to: process)
        try await sender.postAll(NotebookEvent.classroom(500).batches(of: 100))

        // In order, so that its file holds all that it has acknowledged.
        await deployment.redis.stop()
        try await expectRefusal(sender, by: process)

        // With its data.
        try await deployment.redis.start()
        try await expectRecovery(sender)
        try await deployment.expectStored(sender.accepted)
        try await eventually("the subscription's return") {
          _ = try await sender.post([NotebookEvent(student: "probe")])
          let id = try #require(sender.accepted.last)
          try await eventually(within: .milliseconds(500), "the event on the dashboard") {
            dashboard.events.contains { $0.member("event_id") == id }
          }
          return true
        }
        try await deployment.expectStored(sender.accepted)

        // Without: groups and scripts are made anew.
        await deployment.redis.stop()
        try await expectRefusal(sender, by: process)
        try FileManager.default.removeItem(atPath: "\(deployment.redis.folder)/appendonlydir")
        try await deployment.redis.start()
        try await expectRecovery(sender)
        // Each event loop's connection comes back in its own time.
        try await sender.postAllPatiently(NotebookEvent.classroom(500).batches(of: 100))
        try await deployment.expectStored(sender.accepted)
        dashboard.close()
      }
    }

    /// A dashboard that comes back after Redis has lost its data is told so.
    @Test func aResumingDashboardIsToldThatTheJournalIsNew() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        let dashboard = try await DashboardClient.connect(to: process)
        _ = try await sender.post([NotebookEvent()])
        try await eventually("the event") { dashboard.events.count == 1 }
        let position = try #require(dashboard.streamIDs.last)
        dashboard.close()

        await deployment.redis.stop()
        try FileManager.default.removeItem(atPath: "\(deployment.redis.folder)/appendonlydir")
        try await deployment.redis.start()
        try await expectRecovery(sender)

        var resumed: DashboardClient?
        try await eventually("the resumption") {
          resumed = try await DashboardClient.connect(to: process, query: "?after=\(position)")
          return true
        }
        let returned = try #require(resumed)
        try await eventually("the gap") {
          returned.lines.contains {
            $0.member("control") == "gap" && $0.member("after") == position
          }
        }
        returned.close()
      }
    }

    /// Posts all the time; each must be accepted.
    private func send(for duration: Duration, with sender: EventSender) async throws {
      let end = ContinuousClock.now + duration
      while ContinuousClock.now < end {
        let response = try await sender.post(NotebookEvent.classroom(20))
        guard response.status == 202 else { throw EventSender.Refused(response: response) }
        try await Task.sleep(for: .milliseconds(50))
      }
    }

    private func expectRefusal(_ sender: EventSender, by process: ProgressBusProcess) async throws {
      for _ in 0..<5 {
        let start = ContinuousClock.now
        let response = try await sender.post(NotebookEvent().json)
        #expect(response.status == 503)
        #expect(response.headers[.retryAfter].flatMap(Int.init) ?? 0 >= 1)
        #expect(ContinuousClock.now - start < .seconds(5))
      }
      #expect(try await HTTP.shared.get("\(process.url)/health/live").status == 200)
      #expect(try await HTTP.shared.get("\(process.url)/health/ready").status == 503)
    }

    private func expectRecovery(_ sender: EventSender) async throws {
      try await eventually(within: .seconds(10), "the first 202") {
        try await sender.post([NotebookEvent()]).status == 202
      }
    }
  }
}
