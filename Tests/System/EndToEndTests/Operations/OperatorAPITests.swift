import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Subprocess
import SystemPackage
import Testing

extension EndToEnd {
  /// What the operators' page reads and does, over HTTP.
  @Suite struct OperatorAPITests {
    private static let letters = "/api/v1/dead-letters"

    @Test func aRefusedEventIsFoundLookedIntoAndReplayedOnceItsCauseIsGone() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let client = OperatorClient(process)
        let sender = EventSender(to: process)
        _ = try await deployment.sql(
          """
          alter table progress_events
            add constraint no_such_course check (course_id <> 'forbidden')
          """)
        var events = NotebookEvent.classroom(40)
        events[17] = NotebookEvent(student: "secret-learner", course: "forbidden")
        #expect(try await sender.post(events).status == 202)
        try await RedisCommands.send(
          ["PUBLISH", "progress-events", "no event"], to: deployment.redis)
        try await eventually("both dead letters") {
          try await client.deadLetters().count == 2
        }

        let listed = try #require(try await client.deadLetters("sink=postgres").first)
        let id = try #require(listed["id"] as? String)
        #expect(listed["event_type"] as? String == "cell_executed")
        #expect((listed["reason"] as? String)?.contains("no_such_course") == true)
        #expect(listed["event_id"] as? String == sender.accepted[17])
        let nameless = try #require(try await client.deadLetters("sink=bus").first)
        #expect(nameless["event_id"] is NSNull)
        #expect(listed["payload"] == nil, "a list shows nothing of what letters hold")
        #expect(try await client.deadLetters("reason=NO_SUCH_Course").count == 1)
        #expect(try await client.deadLetters("sink=influxdb").isEmpty)
        #expect(try await client.get("\(Self.letters)/count?sink=bus").number("count") == 1)
        let content = try await client.get("\(Self.letters)/\(id)")
        #expect(content.text("payload")?.contains("secret-learner") == true)
        #expect(content.text("payload")?.contains(sender.accepted[17]) == true)

        // While the cause stands it comes back, under another id.
        #expect(try await client.post("\(Self.letters)/\(id)/replay").number("replayed") == 1)
        try await eventually("the dead letter's return") {
          try await client.deadLetters("sink=postgres").contains { $0["id"] as? String != id }
        }
        #expect(try await client.post("\(Self.letters)/\(id)/replay").status == 404)
        #expect(try await client.get("\(Self.letters)/\(id)").status == 404)

        _ = try await deployment.sql("alter table progress_events drop constraint no_such_course")
        let all = try await client.post("\(Self.letters)/replay", #"{"all":true}"#)
        #expect(all.status == 200)
        #expect(all.number("replayed") == 1)
        #expect(all.number("still_invalid") == 1)
        #expect(all.json["next_cursor"] is NSNull)
        try await deployment.expectStored(sender.accepted)

        // What is no event stays until it is purged.
        let garbage = try #require(try await client.deadLetters().first?["id"] as? String)
        let purged = try await client.ask(.delete, "\(Self.letters)/\(garbage)")
        #expect(purged.number("purged") == 1)
        #expect(try await client.ask(.delete, "\(Self.letters)/\(garbage)").status == 404)
        #expect(try await client.deadLetters().isEmpty)
        #expect(try !deployment.logs.contains("secret-learner"))
      }
    }

    @Test func thousandsAreReadInPagesAndPurgedAsTheyWereCounted() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("dashboard")
        let client = OperatorClient(process)
        func add(_ count: Int, sink: String, reason: String) async throws {
          try await RedisCommands.send(
            [
              "EVAL",
              """
              for i = 1, ARGV[1] do
                redis.call('XADD', KEYS[1], '*', 'k', ARGV[2], 'r', ARGV[3] .. ' ' .. i, 'a', '1',
                  't', 'help', 'e', '{}')
              end
              """, "1", "progress-events:dead-letters", .integer(count), .string(sink),
              .string(reason),
            ], to: deployment.redis)
        }
        try await add(3_000, sink: "postgres", reason: "Ungültiger Wert")
        try await add(700, sink: "influxdb", reason: "field type conflict")
        for number in 1...30 {
          _ = try await deployment.sql(
            """
            insert into bq_sync_failures (source_table, source_key, reason, public_reason, attempts)
            values ('progress_events', '\(number)', 'secret', 'invalid: a field', 3)
            """)
        }

        let everything = try await client.deadLetters("limit=333")
        #expect(everything.count == 3_730)
        let ids = everything.compactMap { $0["id"] as? String }
        #expect(Set(ids).count == 3_730)
        #expect(ids.filter { $0.hasPrefix("bigquery-") }.count == 30)
        let times = everything.compactMap { $0["dead_lettered_at"] as? String }
        #expect(times == times.sorted(), "oldest first, over both stores")
        #expect(try await client.deadLetters("sink=postgres&limit=1000").count == 3_000)
        #expect(
          try await client.deadLetters("reason=conflict%2070").map { $0["reason"] as? String }
            == ["field type conflict 70", "field type conflict 700"])
        #expect(try await client.deadLetters("sink=bigquery").count == 30)

        // What comes after the count is not purged with it.
        let count = try await client.get("\(Self.letters)/count?reason=wert")
        #expect(count.number("count") == 3_000)
        let through = try #require(count.text("through"))
        try await add(5, sink: "postgres", reason: "Ungültiger Wert, später")
        let purged = try await client.post(
          "\(Self.letters)/purge", #"{"reason":"wert","through":"\#(through)"}"#)
        #expect(purged.number("purged") == 3_000)
        #expect(purged.json["next_cursor"] is NSNull)
        #expect(try await client.get("\(Self.letters)/count").number("count") == 735)
        #expect(
          try await client.post("\(Self.letters)/purge", #"{"sink":"bigquery"}"#)
            .number("purged") == 30)
        #expect(
          try await client.post("\(Self.letters)/purge", #"{"all":true}"#)
            .number("purged") == 705)
        #expect(try await client.get("/api/v1/bus").object("dead_letters")["count"] as? Int == 0)
      }
    }

    @Test func sinksTellWhatTheyCannotWriteAndWhoServesThem() async throws {
      try await withDeployment { deployment in
        let dashboard = try await deployment.serve("ingest,dashboard")
        let client = OperatorClient(dashboard)
        #expect(try await client.get("/api/v1/sinks").list("sinks").isEmpty)
        let worker = try await deployment.serve("worker")
        let sender = EventSender(to: dashboard)
        _ = try await sender.post(NotebookEvent.classroom(25))
        try await eventually("both sinks are up") {
          let sinks = try await client.get("/api/v1/sinks").list("sinks")
          return sinks.count == 2
            && sinks.allSatisfy { $0["state"] as? String == "up" && $0["written"] as? Int == 25 }
        }
        let bus = try await client.get("/api/v1/bus")
        #expect(bus.object("journal")["entries"] as? Int == 25)
        #expect(bus.object("journal")["capacity"] as? Int == 1_000_000)
        #expect(bus.object("redis")["memory_policy"] as? String == "noeviction")
        #expect(bus.object("channel")["name"] as? String == "progress-events")
        #expect(bus.object("channel")["subscribers"] as? Int == 2)

        await deployment.influx.kill()
        _ = try await sender.post(NotebookEvent.classroom(10))
        try await eventually(within: .seconds(30), "the sink that is down") {
          let sink = try await client.sink("influxdb")
          return sink?["state"] as? String == "down" && sink?["lag"] as? Int == 10
        }
        let down = try #require(try await client.sink("influxdb"))
        #expect(down["pending"] as? Int == 10)
        #expect(down["undelivered"] as? Int == 0)
        #expect((down["last_error"] as? String)?.isEmpty == false)
        #expect((down["last_error_at"] as? String)?.hasPrefix("20") == true)
        #expect((down["workers"] as? [[String: Any]])?.count == 1)
        #expect(try await client.sink("postgres")?["state"] as? String == "up")

        try await deployment.influx.start()
        try await eventually(within: .seconds(30), "the sink is back") {
          let sink = try await client.sink("influxdb")
          return sink?["state"] as? String == "up" && sink?["lag"] as? Int == 0
        }
        #expect(try await client.sink("influxdb")?["last_error"] as? String != nil)
        #expect(try #require(await client.sink("influxdb")?["retries"] as? Int) > 0)

        // One that dies is missed after a while; one that ends takes its leave.
        await worker.kill()
        try await eventually(within: .seconds(30), "nobody serves the sinks") {
          try await client.sink("postgres")?["state"] as? String == "unserved"
        }
        let next = try await deployment.serve("worker")
        try await eventually("the next worker") {
          let workers = try await client.sink("postgres")?["workers"] as? [[String: Any]] ?? []
          return workers.count == 2
            && workers.filter { $0["is_silent"] as? Bool == true }.count == 1
        }
        _ = await next.stop()
        try await eventually("its leave") {
          let sink = try await client.sink("postgres")
          return (sink?["workers"] as? [[String: Any]])?.count == 1
        }
      }
    }

    @Test func answersAreAsTheOpenAPIFileDescribesThem() async throws {
      let root = ProjectFolder.url
      let python = root.appendingPathComponent(".venv/bin/python3").path
      try #require(
        FileManager.default.fileExists(atPath: python), "run scripts/python-environment first")
      try await withDeployment { deployment in
        let process = try await deployment.serve("worker,dashboard")
        let client = OperatorClient(process)
        for message in ["no event", "{\"event_type\":\"none\"}"] {
          try await RedisCommands.send(
            ["PUBLISH", "progress-events", .string(message)], to: deployment.redis)
        }
        try await eventually("the dead letters") { try await client.deadLetters().count == 2 }
        try await eventually("the worker's report") {
          try await client.sink("postgres")?["state"] as? String == "untried"
        }
        let id = try #require(try await client.deadLetters().first?["id"] as? String)
        let run = try await Subprocess.run(
          .path(FilePath(python)),
          arguments: [
            root.appendingPathComponent("Tests/Support/Python/check_answers.py").path,
            root.appendingPathComponent("Sources/Roles/API/Resources/openapi.yaml").path,
            process.url, "operators,mirror,operations,page", "id=\(id)", "user=s-1",
            "asset=js/main.js",
          ], output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(
          run.terminationStatus.isSuccess, "\(run.standardOutput)\(run.standardError)")
      }
    }
  }
}
