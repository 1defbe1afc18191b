import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// Dashboards that were away, and dashboards that do not read.
  @Suite struct ReplayTests {
    @Test func aResumingDashboardGetsExactlyWhatItMissed() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard")
        let sender = EventSender(to: process)
        let witness = try await DashboardClient.connect(to: process)
        try await sender.postAll(NotebookEvent.classroom(300, course: "a").batches(of: 50))
        try await sender.postAll(NotebookEvent.classroom(300, course: "b").batches(of: 50))
        try await eventually("600 events") { witness.events.count >= 600 }
        let seen = witness.streamIDs
        let position = seen[149]

        // More come in while it resumes.
        let sending = Task {
          try await sender.postAll(NotebookEvent.classroom(1_000, course: "a").batches(of: 20))
        }
        let resumed = try await DashboardClient.connect(to: process, query: "?after=\(position)")
        let filtered = try await DashboardClient.connect(
          to: process, query: "?after=\(position)&course_id=a")
        try await sending.value
        try await eventually("all events") {
          witness.events.count >= 1_600 && resumed.events.count >= 1_450
            && filtered.events.count >= 1_150
        }
        // In order, from the first that was missed, each once.
        #expect(resumed.events == Array(witness.events.dropFirst(150)))
        #expect(
          filtered.events
            == witness.events.dropFirst(150).filter { $0.member("course_id") == "a" })
        #expect(resumed.lines.first?.member("control") == "hello")
        #expect(!resumed.lines.contains { $0.member("control") == "gap" })
        for client in [witness, resumed, filtered] { client.close() }
      }
    }

    @Test func aTrimmedPositionIsAnnounced() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard")
        let sender = EventSender(to: process)
        let witness = try await DashboardClient.connect(to: process)
        try await sender.postAll(NotebookEvent.classroom(100).batches(of: 10), connections: 1)
        try await eventually("100 events") { witness.events.count >= 100 }
        let ids = witness.streamIDs
        try await RedisCommands.send(
          ["XTRIM", "progress-events:journal", "MINID", .string(ids[60])], to: deployment.redis)

        let resumed = try await DashboardClient.connect(to: process, query: "?after=\(ids[9])")
        try await eventually("what is left") { resumed.events.count >= 40 }
        let gap = try #require(
          resumed.lines.first { $0.member("control") == "gap" })
        #expect(gap.member("after") == ids[9])
        #expect(gap.member("first") == ids[60])
        #expect(resumed.events == Array(witness.events.dropFirst(60)))

        // The last position that was trimmed leaves no gap behind it.
        let lucky = try await DashboardClient.connect(to: process, query: "?after=\(ids[60])")
        try await eventually("what is left") { lucky.events.count >= 39 }
        #expect(!lucky.lines.contains { $0.member("control") == "gap" })
        for client in [witness, resumed, lucky] { client.close() }
      }
    }

    @Test func aSubscriberThatStopsReadingIsClosedAndNobodyElseLosesAnything() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard")
        let sender = EventSender(to: process)
        let stalled = try await DashboardClient.connect(to: process, receiveBuffer: 4_096)
        try await stalled.setReading(false)
        var others: [DashboardClient] = []
        for index in 0..<200 {
          others.append(
            try await DashboardClient.connect(
              to: process, query: index < 20 ? "" : "?course_id=a"))
        }
        // Enough to fill the sockets' buffers and the queue of the one that does not read.
        let long = String(repeating: "x", count: 4_000)
        let events = (0..<2_400).map { index in
          NotebookEvent(
            student: "s-\(index)", course: index % 8 == 0 ? "a" : "b",
            errorMessage: index % 8 == 0 ? nil : long)
        }
        let isClosedForSlowness = {
          try await MetricsPage(of: process)["progressbus_websocket_slow_closed_total"] == 1
        }
        var isStalled = true
        for batch in events.batches(of: 96) {
          try await sender.post(batch)
          // Nobody who reads falls behind, however slow the machine is.
          let sent = sender.accepted.count
          try await eventually(within: .seconds(20), "\(sent) events at 200 dashboards") {
            others[..<20].allSatisfy { $0.lineCount == 1 + sent }
              && others[20...].allSatisfy { $0.lineCount == 1 + sent / 8 }
          }
          // It learns why if it reads again before the server's patience ends.
          if isStalled, try await isClosedForSlowness() {
            isStalled = false
            try await stalled.setReading(true)
          }
        }
        #expect(sender.accepted.count == 2_400)

        let everything = others[0].lines.dropFirst()
        #expect(
          Set(everything.compactMap { $0.member("event_id") }) == Set(sender.accepted))
        #expect(others[1..<20].allSatisfy { $0.lines.dropFirst() == everything })
        let filtered = others[20].lines.dropFirst()
        #expect(others[21...].allSatisfy { $0.lines.dropFirst() == filtered })
        #expect(others.allSatisfy { $0.closeCode == nil && !$0.isClosed })

        try await eventually("the count of closed subscribers") { try await isClosedForSlowness() }
        if isStalled { try await stalled.setReading(true) }
        try await eventually("the close frame") { stalled.closeCode == 4008 }
        for client in others { client.close() }
      }
    }
  }
}
