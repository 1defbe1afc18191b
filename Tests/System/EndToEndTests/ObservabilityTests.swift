import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// What an operator sees: metrics and logs.
  @Suite struct ObservabilityTests {
    @Test func metricsTellWhatHappened() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let dashboard = try await DashboardClient.connect(to: process)
        let sender = EventSender(to: process)
        _ = try await sender.post(NotebookEvent.classroom(90))
        #expect(try await sender.post(#"{"event_type":"cell_executed"}"#).status == 422)
        #expect(try await sender.post("{").status == 400)
        try await RedisCommands.send(
          ["PUBLISH", "progress-events", .string(NotebookEvent().json)], to: deployment.redis)
        try await RedisCommands.send(
          ["PUBLISH", "progress-events", "no event"], to: deployment.redis)
        try await eventually("91 events") {
          try await deployment.count("progress_events") == 91
        }
        try await eventually("91 points") { try await deployment.storedInInflux().count == 91 }

        let expected: [String: Double] = [
          "progressbus_events_received_total": 91,
          "progressbus_events_accepted_total": 90,
          "progressbus_sink_written_total{sink=\"postgres\"}": 91,
          "progressbus_sink_written_total{sink=\"influxdb\"}": 91,
          "progressbus_sink_retries_total{sink=\"postgres\"}": 0,
          "progressbus_sink_retries_total{sink=\"influxdb\"}": 0,
          "progressbus_sink_up{sink=\"postgres\"}": 1,
          "progressbus_sink_up{sink=\"influxdb\"}": 1,
          "progressbus_dead_letters_total{sink=\"bus\"}": 1,
          "progressbus_adopted_total": 1,
          "progressbus_journal_entries": 91,
          "progressbus_journal_lag{group=\"postgres\"}": 0,
          "progressbus_journal_lag{group=\"influxdb\"}": 0,
          "progressbus_end_to_end_seconds_count{sink=\"postgres\"}": 91,
          "progressbus_end_to_end_seconds_count{sink=\"influxdb\"}": 91,
          "progressbus_end_to_end_seconds_bucket{le=\"+Inf\",sink=\"postgres\"}": 91,
          "progressbus_websocket_subscribers": 1,
          "progressbus_websocket_events_sent_total": 91,
          "progressbus_websocket_gaps_total": 0,
          "progressbus_websocket_slow_closed_total": 0,
        ]
        for (series, value) in expected {
          // Gauges of the journal are read every few seconds.
          try? await eventually(within: .seconds(12), series) {
            try await MetricsPage(of: process)[series] == value
          }
          #expect(try await MetricsPage(of: process)[series] == value, "\(series)")
        }
        let page = try await MetricsPage(of: process)
        // 90 by HTTP; the adopted one is counted where it was published.
        #expect(page["progressbus_events_published_total"] ?? 0 >= 90)
        let rejected = page.values.filter {
          $0.key.hasPrefix("progressbus_events_rejected_total{reason=")
        }
        #expect(rejected.values.reduce(0, +) >= 1)
        let latency = try #require(
          page["progressbus_end_to_end_seconds_sum", sink: "postgres"])
        #expect(latency > 0 && latency < 91 * 10)
        #expect(page["process_resident_memory_bytes"] ?? 0 > 1_000_000)
        dashboard.close()
      }
    }

    @Test func noLogHoldsWhoALearnerIs() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        let learner = NotebookEvent(
          student: "grace.hopper@navy.example", name: "Grace Hopperova", course: "forbidden",
          errorMessage: "NameError: grace_secret")
        let personal = ["grace.hopper", "navy.example", "Hopperova", "grace_secret"]

        _ = try await deployment.sql(
          """
          alter table progress_events
            add constraint no_such_course check (course_id <> 'forbidden')
          """)

        // Bad input of every kind.
        _ = try await sender.post(
          learner.json.replacing("\"duration_ms\":12.5", with: "\"duration_ms\":\"Hopperova\""))
        _ = try await sender.post(String(learner.json.dropLast(5)))
        _ = try await sender.post(
          learner.json.replacing("cell_executed", with: "grace.hopper@navy.example"))
        _ = try await HTTP.shared.get("\(process.url)/no/such/grace.hopper@navy.example")
        _ = try await HTTP.shared.get("\(process.url)/ws/dashboard?course_id=grace.hopper")
        for message in [learner.json, "grace.hopper", #"{"student_id":"grace.hopper"}"#] {
          try await RedisCommands.send(
            ["PUBLISH", "progress-events", .string(message)], to: deployment.redis)
        }
        // Refused for good by one sink, the other away, then both, then the bus.
        try await sender.postAll((0..<20).map { _ in learner.json })
        try await eventually("dead letters") {
          try await deployment.deadLetters("--sink", "postgres").count >= 20
        }
        await deployment.influx.kill()
        try await sender.postAll((0..<20).map { _ in learner.json })
        await deployment.postgres.kill()
        try await sender.postAll((0..<20).map { _ in learner.json })
        try await eventually("the loss of both") {
          let log = try process.log
          return ["influxdb", "postgres"].allSatisfy { log.contains("sink \($0) is unavailable") }
        }
        await deployment.redis.stop()
        #expect(try await sender.post(learner.json).status == 503)
        try await deployment.redis.start()
        try await deployment.postgres.start()
        try await deployment.influx.start()
        try await eventually(within: .seconds(30), "all in InfluxDB") {
          try await Set(sender.accepted).isSubset(of: deployment.storedInInflux())
        }
        let listed = try await deployment.run("dead-letters", "list")
        #expect(listed.status == 0)
        _ = await process.stop()

        let written = try deployment.logs + listed.output + listed.errors
        #expect(!written.isEmpty)
        for text in personal {
          let lines = written.split(separator: "\n").filter { $0.contains(text) }
          #expect(lines.isEmpty)
        }
      }
    }
  }
}
