import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// A journal in six partitions, and everything that writes and reads it.
  @Suite struct PartitionedJournalTests {
    private static let partitions = ["PROGRESSBUS_BUS_PARTITIONS": "6"]

    @Test func eachEventIsStoredOnceAndDashboardsGoOnFromTheirCursors() async throws {
      try await withDeployment { deployment in
        let server = try await deployment.serve("ingest,dashboard", environment: Self.partitions)
        for _ in 0..<3 { _ = try await deployment.serve("worker", environment: Self.partitions) }
        let sender = EventSender(to: server)
        let witness = try await DashboardClient.connect(to: server)
        let leaving = try await DashboardClient.connect(to: server, query: "?course_id=a")

        let bodies =
          (NotebookEvent.classroom(1_500, course: "a").batches(of: 20)
          + NotebookEvent.classroom(500, course: "b").map(\.json)).shuffled()
        let sending = Task { try await sender.postAll(Array(bodies[..<300])) }
        for index in 0..<52 {
          // The first two are the same text: two events.
          try await RedisCommands.send(
            [
              "PUBLISH", "progress-events",
              .string(NotebookEvent(student: "by-hand-\(max(1, index))", course: "b").json),
            ], to: deployment.redis)
        }
        try await sending.value
        try await eventually("what was published by hand") {
          let rows = try await deployment.sql(
            "select count(*)::int as n from progress_events where student_id like 'by-hand-%'")
          return try rows.first?.value("n") == 52
        }
        try await eventually("some events") { leaving.events.count >= 300 }
        let seen = leaving.lines
        leaving.close()
        // All subscriptions break, and the journals say what was missed.
        try await RedisCommands.send(["CLIENT", "KILL", "TYPE", "pubsub"], to: deployment.redis)
        try await sender.postAll(Array(bodies[300...]))
        try await eventually(within: .seconds(60), "all events") {
          try await deployment.count("progress_events") >= 2_052
        }
        let stored = try await deployment.storedInPostgres()
        #expect(stored.count == 2_052 && Set(stored).isSuperset(of: sender.accepted))
        try await deployment.expectStored(stored)
        try await eventually("all on the dashboard") { witness.events.count >= 2_052 }
        #expect(witness.events.compactMap { $0.member("event_id") }.sorted() == stored.sorted())

        // Who left comes back with the last cursor and gets the rest, each once.
        let last = try #require(seen.lastIndex { $0.member("control") == "cursor" })
        let cursor = try #require(seen[last].member("cursor"))
        let before = seen[..<last].compactMap { $0.member("event_id") }
        let resumed = try await DashboardClient.connect(
          to: server, query: "?course_id=a&after=\(cursor)")
        try await eventually("the rest") { resumed.events.count >= 1_500 - before.count }
        let rest = resumed.events.compactMap { $0.member("event_id") }
        let ofCourse = witness.events.filter { $0.member("course_id") == "a" }
          .compactMap { $0.member("event_id") }
        #expect(before.count + rest.count == 1_500 && ofCourse.count == 1_500)
        #expect(Set(before + rest) == Set(ofCourse))
        #expect(!(witness.lines + resumed.lines).contains { $0.member("control") == "gap" })

        // An answer of the read API tells where to go on.
        let http = HTTP(connections: 1)
        try await eventually("nothing is left to store") {
          let answer = try await http.get("\(server.url)/api/v1/courses/a/progress")
          let position = try #require(
            String(decoding: answer.body, as: UTF8.self).member("stream_id"))
          let current = try await DashboardClient.connect(to: server, query: "?after=\(position)")
          defer { current.close() }
          try await eventually("the greeting") { !current.lines.isEmpty }
          let hello = try #require(current.lines.first)
          return hello.member("cursor") == position
            && witness.lines.last?.member("cursor") == position
        }
        await #expect(throws: (any Error).self, "a stream_id is a place in one partition") {
          let id = try #require(witness.streamIDs.last)
          _ = try await DashboardClient.connect(to: server, query: "?after=\(id)")
        }
        for client in [witness, resumed] { client.close() }
      }
    }

    @Test func aServerThatIsSetToAnotherNumberSaysSoAndTakesNothing() async throws {
      try await withDeployment { deployment in
        _ = try await deployment.serve("ingest", environment: Self.partitions)
        let other = try await deployment.serve("ingest", readyWithin: false)
        try await eventually("it says why") {
          try other.log.contains("the journal has 6, and bus.partitions is 1: set it to 6")
        }
        let sender = EventSender(to: other)
        try await eventually("it answers so") {
          let answer = try? await sender.post(NotebookEvent(student: "s").json)
          let body = String(decoding: answer?.body ?? [], as: UTF8.self)
          return answer?.status == 503 && body.contains("another number of partitions")
        }
      }
    }
  }
}
