import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// What becomes of a notebook's POST.
  @Suite struct DeliveryTests {
    @Test func aPostReachesEveryStoreAndEveryListenerWithinASecond() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        // The first event pays for connections and prepared statements.
        #expect(try await sender.post([NotebookEvent()]).status == 202)
        try await deployment.expectStored(sender.accepted)

        let dashboard = try await DashboardClient.connect(to: process)
        let subscriber = try await ChannelClient(to: deployment.redis)
        let response = try await sender.post(
          NotebookEvent(
            student: "ada@example.org", name: "Ada Lovelace", course: "cs1",
            notebook: "a/b.ipynb", cell: "x1", hasError: true, errorMessage: "boom"
          ).json)
        #expect(response.status == 202)
        let id = try #require(sender.accepted.last)
        try await eventually(within: .seconds(1), "the event everywhere") {
          let stores = try await [deployment.storedInPostgres(), deployment.storedInInflux()]
          return stores.allSatisfy { $0.contains(id) }
            && dashboard.events.contains { $0.member("event_id") == id }
            && subscriber.messages.contains { $0.member("event_id") == id }
        }

        let student = try await deployment.sql(
          "select student_name from students where student_id = 'ada@example.org'")
        #expect(try student.first?.value("student_name") == "Ada Lovelace")
        let notebook = try await deployment.sql(
          "select course_id from notebooks where notebook_path = 'a/b.ipynb'")
        #expect(try notebook.first?.value("course_id") == "cs1")
        let cell = try await deployment.sql(
          "select errors, executions, last_error_message from cell_progress where cell = 'x1'")
        #expect(try cell.first?.value("errors") == 1)
        #expect(try cell.first?.value("executions") == 1)
        #expect(try cell.first?.value("last_error_message") == "boom")
        let event = try await deployment.sql(
          "select course_id, has_error from progress_events where event_id = '\(id)'")
        #expect(try event.first?.value("course_id") == "cs1")
        #expect(try event.first?.value("has_error") == true)

        let point = try #require(
          try await deployment.influxQuery(
            "SELECT * FROM progress_event WHERE event_id = '\(id)'"
          ).first)
        #expect(point["student_id"] == .text("ada@example.org"))
        #expect(point["duration_ms"] == .number(12.5))
        #expect(point["has_error"] == .boolean(true))
        #expect(point["student_name"] == nil)

        let live = try #require(dashboard.events.last)
        #expect(live == subscriber.messages.last)
        #expect(live.member("student_name") == "Ada Lovelace")
        #expect(live.member("stream_id")?.wholeMatch(of: /\d+-\d+/) != nil)
        dashboard.close()
        subscriber.close()
      }
    }
  }
}
