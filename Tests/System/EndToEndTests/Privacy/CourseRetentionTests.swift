import CurlTransport
import Events
import Foundation
import HTTPTypes
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// How long a course is kept, in real stores.
  @Suite struct CourseRetentionTests {
    private static func event(_ course: String, _ student: String, daysAgo: Int, cell: Int)
      -> String
    {
      let moment = Date.now.addingTimeInterval(-86_400 * Double(daysAgo)).formatted(.iso8601)
      return """
        {"event_type":"cell_executed","course_id":"\(course)","student_id":"\(student)","student_name":"Name of \(student)",\
        "notebook_path":"n.ipynb","cell_id":"c\(cell)","has_error":false,"occurred_at":"\(moment)"}
        """
    }

    private static func check(_ course: String, _ student: String, daysAgo: Int) -> String {
      let moment = Date.now.addingTimeInterval(-86_400 * Double(daysAgo)).formatted(.iso8601)
      return """
        {"event_type":"exercise_checked","course_id":"\(course)","student_id":"\(student)","notebook_path":"n.ipynb",\
        "exercise_id":"q1","passed":true,"occurred_at":"\(moment)"}
        """
    }

    /// With the date, by which the server knows that what lies back is no wrong clock.
    private static func post(_ events: [String], to process: ProgressBusProcess) async throws {
      let body = "[\(events.joined(separator: ","))]"
      let answer = try await HTTP.shared.transport.send(
        TransportRequest(
          .post, "\(process.url)/student-progress",
          headers: [.contentType: "application/json", .date: Timestamp.now().httpDate],
          body: Array(body.utf8)))
      try #require(answer.status == 202, "\(answer.text)")
    }

    private static func text(_ query: String, in deployment: Deployment) async throws -> String? {
      try await deployment.sql("select (\(query))::text as answer").first?.optional("answer")
    }

    /// What was sent long ago was received long ago.
    private static func age(_ deployment: Deployment) async throws {
      for table in ["progress_events", "exercise_checks"] {
        _ = try await deployment.sql("update \(table) set received_at = occurred_at")
      }
    }

    @Test func whatIsOlderThanItsCourseKeepsItIsDeletedEverywhere() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        var events: [String] = []
        for course in ["short", "long"] {
          // Ann has left, Bob is still at it.
          events += (0..<3).map { Self.event(course, "ann", daysAgo: 40, cell: $0) }
          events += [
            Self.check(course, "ann", daysAgo: 40), Self.check(course, "bob", daysAgo: 40),
          ]
          events += [
            Self.event(course, "bob", daysAgo: 40, cell: 0),
            Self.event(course, "bob", daysAgo: 1, cell: 1),
          ]
        }
        events.append(Self.event("long", "cem", daysAgo: 40, cell: 0))
        try await Self.post(events, to: process)
        try await eventually("all is stored") {
          let rows = try await deployment.count("progress_events")
          let checks = try await deployment.count("exercise_checks")
          let points = try await deployment.storedInInflux().count
          return rows == 11 && checks == 4 && points == 11
        }
        try await Self.age(deployment)

        let url = "\(process.url)/api/v1/courses/short/retention"
        let before = try await HTTP.shared.get(url)
        #expect(before.text.contains(#""days":null"#), "\(before.text)")
        for body in [
          #"{"days":0}"#, #"{"days":36501}"#, #"{"days":"30"}"#, "{}", "[", #"{"days":1.5}"#,
        ] {
          let refused = try await HTTP.shared.transport.send(
            TransportRequest(
              .put, url, headers: [.contentType: "application/json"], body: Array(body.utf8)))
          #expect(refused.status == 422, "\(body): \(refused.text)")
          #expect(refused.text.contains("days must be a whole number"), "\(refused.text)")
        }
        let set = try await deployment.run("retention", "set", "--course", "short", "--days", "30")
        #expect(set.output == "kept for 30 days\n", "\(set)")
        let shown = try await HTTP.shared.get(url)
        #expect(shown.text.contains(#""days":30"#), "\(shown.text)")

        // A worker looks when it starts.
        let worker = try await deployment.serve("worker")
        try await eventually("what is old is gone") {
          let rows = try await deployment.count("progress_events")
          let checks = try await deployment.count("exercise_checks")
          let points = try await deployment.storedInInflux().count
          return rows == 7 && checks == 2 && points == 7
        }
        try await eventually("Ann is gone from the course") {
          try await Self.text(
            "select string_agg(course_id || ' ' || student_id, ',' order by 1) from enrollments",
            in: deployment) == "long ann,long bob,long cem,short bob"
        }
        // Her name stays for the other course, and so do Bob's sums.
        #expect(try await Self.text("select count(*) from students", in: deployment) == "3")
        #expect(
          try await Self.text(
            "select count(*) from cell_progress where course_id = 'short'", in: deployment) == "2")
        #expect(
          try await Self.text(
            "select count(*) from cell_progress where course_id = 'long'", in: deployment) == "6")
        #expect(try await MetricsPage(of: worker)["progressbus_retention_deleted_total"] ?? 0 > 0)
        #expect(!(try worker.log.contains("short")))
        let removed = try await deployment.run("retention", "remove", "--course", "short")
        #expect(removed.output == "kept for ever\n", "\(removed)")
        #expect(try await deployment.run("retention", "remove", "--course", "short").status != 0)
      }
    }

    /// The mirror is on, and cannot send.
    @Test func whatIsNotInBigQueryYetStays() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let events = (0..<2).map { Self.event("short", "ann", daysAgo: 40, cell: $0) }
        try await Self.post(events, to: process)
        try await eventually("all is stored") {
          try await deployment.count("progress_events") == 2
        }
        try await Self.age(deployment)
        _ = try await deployment.sql("select bq_sync_start_queue('progress_events')")
        _ = try await deployment.sql(
          """
          update progress_events set synced_to_bq = true, synced_at = now()
          where event_id = (select min(event_id::text)::uuid from progress_events)
          """)
        _ = try await deployment.run("retention", "set", "--course", "short", "--days", "30")
        let deleted = try await Self.text(
          "select delete_expired_course_rows('short', 30, 1000)", in: deployment)
        #expect(deleted.flatMap(Int.init) ?? 0 >= 1)
        #expect(try await deployment.count("progress_events") == 1)
        // The learner of a row that is left is left, too.
        #expect(try await Self.text("select count(*) from enrollments", in: deployment) == "1")
        #expect(
          try await Self.text(
            "select delete_expired_course_rows('short', 30, 1000)", in: deployment) == "0")
      }
    }
  }
}
