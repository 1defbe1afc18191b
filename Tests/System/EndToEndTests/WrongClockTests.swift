import Foundation
import HTTPTypes
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// Learners whose machines do not know what time it is, from the POST to what teachers read.
  @Suite struct WrongClockTests {
    /// Sends events by a clock of one's own.
    private struct Sender {
      let url: String
      let client: OperatorClient

      init(_ process: ProgressBusProcess) {
        url = process.url
        client = OperatorClient(process)
      }

      func send(
        _ kinds: [String], by student: String, ahead: TimeInterval, failed: Bool = false,
        sentAhead: TimeInterval? = nil
      ) async throws {
        let events = kinds.map { kind in
          NotebookEvent(
            eventType: kind, student: student, hasError: failed,
            occurredAt: Self.moment(ahead: ahead))
        }
        var headers: HTTPFields = [:]
        if let sentAhead { headers[.date] = Self.httpDate(ahead: sentAhead) }
        for event in events {
          #expect(
            try await client.post("/student-progress", event.json, headers: headers).status == 202)
        }
      }

      /// A little later than now: the text ends at the millisecond, and must not be before an earlier receipt.
      private static func moment(ahead: TimeInterval) -> String {
        Date(timeIntervalSinceNow: ahead + 0.005).formatted(
          Date.ISO8601FormatStyle(includingFractionalSeconds: true))
      }

      private static func httpDate(ahead: TimeInterval) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSinceNow: ahead))
      }

      /// The learners as teachers see them, by id.
      func students() async throws -> [String: [String: Any]] {
        let answer = try await client.get("/api/v1/courses/py101/students")
        return Dictionary(
          answer.list("students").map { ($0["student_id"] as? String ?? "", $0) },
          uniquingKeysWith: { $1 })
      }
    }

    @Test func whoAsksNowIsShownWhateverTheirClockSaid() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = Sender(process)
        let dashboard = try await DashboardClient.connect(to: process)
        defer { dashboard.close() }

        // Two hours ahead; then it is set right.
        try await sender.send(["help", "help_stop"], by: "ahead", ahead: 7200)
        try await sender.send(["cell_executed"], by: "failing", ahead: 7200)
        try await sender.send(["help"], by: "ahead", ahead: 0)
        try await sender.send(
          ["cell_executed", "cell_executed", "cell_executed"], by: "failing", ahead: 0, failed: true
        )
        // Slow, and set back in the middle of the lesson.
        try await sender.send(["cell_executed"], by: "slow", ahead: -600)
        try await sender.send(["help", "help_stop"], by: "set back", ahead: 0)
        try await sender.send(["help"], by: "set back", ahead: -5400)
        // What had to wait, and a sender that says so.
        try await sender.send(["cell_executed"], by: "late", ahead: -1800, sentAhead: 0)

        var students: [String: [String: Any]] = [:]
        try await eventually("all of it is stored") {
          students = try await sender.students()
          return students["late"] != nil && students["set back"]?["help_since"] is String
            && students["failing"]?["executions"] as? Int == 4
        }
        func state(_ student: String) -> String? { students[student]?["state"] as? String }
        #expect(state("ahead") == "help")
        #expect(state("failing") == "stuck")
        #expect(state("slow") != "idle")
        #expect(state("set back") == "help")
        #expect(state("late") == "idle" || state("late") == "done", "it did not happen just now")
        let queue = try await sender.client.get("/api/v1/courses/py101/help").list("queue")
        #expect(Set(queue.compactMap { $0["student_id"] as? String }) == ["ahead", "set back"])

        // The skew is told, and what the sender said is kept.
        #expect(students["ahead"]?["clock_skew_seconds"] is NSNull, "it is right now")
        let skews = ["slow": -600, "set back": -5400]
        for (student, expected) in skews {
          let skew = try #require(students[student]?["clock_skew_seconds"] as? Int)
          #expect(abs(skew - expected) <= 30, "\(student)")
        }
        #expect(
          try await deployment.sql(
            """
            select count(*) from progress_events
            where student_id in ('ahead', 'failing') and occurred_at > received_at + '1 hour'
              and corrected_at = received_at
            """
          ).rows.first?.value("count", as: Int.self) == 3)
        // Live, too.
        try await eventually("the events, live") { dashboard.events.count == 12 }
        #expect(dashboard.events.count { $0.contains(#""corrected_at":""#) } == 5)
      }
    }
  }
}
