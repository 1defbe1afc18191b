import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// An event that a sink refuses for good.
  @Suite struct RefusedEventTests {
    @Test func postgresRefusesOneEventAlone() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker")
        let sender = EventSender(to: process)
        _ = try await deployment.sql(
          """
          alter table progress_events
            add constraint no_such_course check (course_id <> 'forbidden')
          """)
        var events = NotebookEvent.classroom(300)
        events[137] = NotebookEvent(student: "secret-learner", course: "forbidden")
        #expect(try await sender.post(events).status == 202)
        let refused = sender.accepted[137]

        try await eventually("the batch without the event") {
          try await deployment.count("progress_events") == 299
        }
        try await eventually("all in InfluxDB") {
          try await deployment.storedInInflux().count == 300
        }
        var letters: [DeadLetterLine] = []
        try await eventually("the dead letter") {
          letters = try await deployment.deadLetters()
          return !letters.isEmpty
        }
        let letter = try #require(letters.first)
        #expect(letters.count == 1)
        #expect(letter.sink == "postgres")
        #expect(letter.eventType == "cell_executed")
        #expect(letter.eventID == refused)
        let line = try await deployment.run("dead-letters", "list").output
        #expect(line.contains(refused) && !line.contains("secret-learner"))
        #expect(letter.attempts >= 1)
        #expect(letter.reason.contains("no_such_course"))
        #expect(!letter.reason.contains("secret-learner"))
        let shown = try await deployment.run("dead-letters", "show", letter.id)
        #expect(shown.status == 0)
        #expect(shown.output.contains(refused))
        #expect(shown.output.contains("secret-learner"))
        #expect(try await deployment.deadLetters("--sink", "influxdb").isEmpty)
        #expect(try await deployment.deadLetters("--reason", "NO_SUCH_COURSE").count == 1)

        // While the cause stands it comes back.
        #expect(
          try await deployment.run("dead-letters", "replay", "--id", letter.id).output
            == "replayed 1\n")
        try await eventually("the dead letter's return") {
          try await deployment.deadLetters().contains { $0.id != letter.id }
        }

        _ = try await deployment.sql("alter table progress_events drop constraint no_such_course")
        let replay = try await deployment.run(
          "dead-letters", "replay", "--sink", "postgres", "--all")
        #expect(replay.output == "replayed 1\n")
        try await deployment.expectStored(sender.accepted)
        #expect(try await deployment.deadLetters().isEmpty)
        let written = try await MetricsPage(of: process)
        #expect(written["progressbus_dead_letters_total", sink: "postgres"] == 2)
        #expect(written["progressbus_sink_written_total", sink: "influxdb"] == 300)
        #expect(try !deployment.logs.contains("secret-learner"))
      }
    }

    @Test func influxDBRefusesOneEventAlone() async throws {
      try await withDeployment { deployment in
        // A point of another program, in the week of one of the events: its `cell_index` is a text.
        let weeksAgo = Date(timeIntervalSinceNow: -60 * 86_400)
        let nanoseconds = Int64(weeksAgo.timeIntervalSince1970) * 1_000_000_000
        let line = #"progress_event,course_id=other cell_index="seven" \#(nanoseconds)"#
        let written = try await HTTP.shared.post(
          "\(deployment.influx.url)/write?db=\(deployment.influx.database)", line,
          contentType: "text/plain")
        #expect(written.status == 204)

        let process = try await deployment.serve("ingest,worker")
        let sender = EventSender(to: process)
        var events = NotebookEvent.classroom(300)
        for index in events.indices { events[index].cellIndex = index }
        events[211].occurredAt = weeksAgo.ISO8601Format()
        events[211].student = "secret-learner"
        #expect(try await sender.post(events).status == 202)

        try await eventually("all in PostgreSQL") {
          try await deployment.count("progress_events") == 300
        }
        try await eventually("the batch without the event") {
          try await deployment.storedInInflux().count == 299
        }
        var letters: [DeadLetterLine] = []
        try await eventually("the dead letter") {
          letters = try await deployment.deadLetters()
          return !letters.isEmpty
        }
        #expect(letters.count == 1)
        #expect(letters.first?.sink == "influxdb")
        #expect(letters.first?.reason.contains("cell_index") == true)

        // The cause goes with the shard that holds the other program's point.
        let shards = try await deployment.influxQuery("SHOW SHARDS")
        let oldest = try #require(
          shards.filter { $0["database"]?.text == deployment.influx.database }
            .min { ($0["start_time"]?.text ?? "") < ($1["start_time"]?.text ?? "") })
        let shard = try #require(oldest["id"]?.number)
        _ = try await deployment.influxQuery("DROP SHARD \(Int(shard))")
        let replay = try await deployment.run(
          "dead-letters", "replay", "--sink", "influxdb", "--all")
        #expect(replay.output == "replayed 1\n")
        try await deployment.expectStored(sender.accepted)
        #expect(try await deployment.deadLetters().isEmpty)
        #expect(try !deployment.logs.contains("secret-learner"))
      }
    }
  }
}
