import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// What is put on the channel with `redis-cli PUBLISH`.
  @Suite struct HandPublishedTests {
    @Test func threeWorkersStoreEachInjectionOnce() async throws {
      try await withDeployment { deployment in
        let dashboardServer = try await deployment.serve("dashboard")
        for _ in 0..<3 { _ = try await deployment.serve("worker") }
        let dashboard = try await DashboardClient.connect(to: dashboardServer)
        let injected = NotebookEvent(student: "by-hand").json

        // The same text twice: two events.
        try await publish(injected, on: deployment)
        try await publish(injected, on: deployment)
        try await publish(#"{"event_type":"cell_executed","student_id":7}"#, on: deployment)
        try await publish("no JSON at all", on: deployment)
        for index in 0..<50 {
          try await publish(NotebookEvent(student: "by-hand-\(index)").json, on: deployment)
        }

        try await eventually(within: .seconds(10), "52 events") {
          try await deployment.count("progress_events") >= 52
        }
        let ids = try await deployment.storedInPostgres()
        try await deployment.expectStored(ids)
        #expect(ids.count == 52)
        let same = try await deployment.sql(
          "select count(*) as n from progress_events where student_id = 'by-hand'")
        #expect(try same.first?.value("n") == 2)
        // A dashboard sees each once, with its place in the journal.
        try await eventually("52 events on the dashboard") { dashboard.events.count >= 52 }
        #expect(Set(dashboard.events.compactMap { $0.member("event_id") }) == Set(ids))
        #expect(dashboard.events.count == 52)
        dashboard.close()

        // What is no event is kept once, however many workers heard it.
        var letters: [DeadLetterLine] = []
        try await eventually("two dead letters") {
          letters = try await deployment.deadLetters("--sink", "bus")
          return letters.count >= 2
        }
        #expect(letters.count == 2)
        #expect(letters.first?.reason.contains("student_id") == true)
        #expect(letters.allSatisfy { $0.sink == "bus" })
        #expect(try await deployment.count("progress_events") == 52)
      }
    }

    private func publish(_ message: String, on deployment: Deployment) async throws {
      try await RedisCommands.send(
        ["PUBLISH", "progress-events", .string(message)], to: deployment.redis)
    }
  }
}
