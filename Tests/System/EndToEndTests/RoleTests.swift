import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// `serve`, one role a process.
  @Suite struct RoleTests {
    @Test func eachRoleRunsAloneAndSeveralOfEachSideBySide() async throws {
      try await withDeployment { deployment in
        let ingests = [try await deployment.serve("ingest"), try await deployment.serve("ingest")]
        let dashboards = [
          try await deployment.serve("dashboard"), try await deployment.serve("dashboard"),
        ]
        _ = try await deployment.serve("worker")
        _ = try await deployment.serve("worker")
        let clients = [
          try await DashboardClient.connect(to: dashboards[0]),
          try await DashboardClient.connect(to: dashboards[1]),
        ]
        let senders = ingests.map { EventSender(to: $0) }
        for sender in senders {
          try await sender.postAll(NotebookEvent.classroom(200).batches(of: 20))
        }
        let accepted = senders.flatMap(\.accepted)
        try await deployment.expectStored(accepted)
        for client in clients {
          try await eventually("all events") { client.events.count >= 400 }
          #expect(Set(client.events.compactMap { $0.member("event_id") }) == Set(accepted))
          client.close()
        }

        // A role has its own routes alone.
        let post = try await HTTP.shared.post(
          "\(dashboards[0].url)/student-progress", NotebookEvent().json)
        #expect(post.status == 404 || post.status == 405)
        await #expect(throws: (any Error).self) {
          try await DashboardClient.connect(to: ingests[0])
        }
      }
    }

    /// A worker has no routes, so it listens only where a port is given.
    @Test func twoWorkersWithoutAPortDoNotMeet() async throws {
      try await withDeployment { deployment in
        var workers: [ProgressBusProcess] = []
        for index in 0..<2 {
          workers.append(
            try await ProgressBusProcess.start(
              ["serve", "--roles", "worker"], environment: deployment.environment,
              folder: deployment.folder, label: "worker-\(index)", port: 8080))
        }
        for worker in workers {
          try await eventually("the start") { try worker.log.contains("started") }
        }
        let ingest = try await deployment.serve("ingest")
        let sender = EventSender(to: ingest)
        _ = try await sender.post(NotebookEvent.classroom(20))
        try await deployment.expectStored(sender.accepted)
        for worker in workers {
          let (exit, _) = await worker.stop()
          #expect(exit == .code(0))
          #expect(try !worker.log.contains("error"))
        }
      }
    }

    @Test func aPortInUseIsOneLine() async throws {
      try await withDeployment { deployment in
        let first = try await deployment.serve("ingest")
        let second = try await deployment.run(
          "serve", "--roles", "dashboard", "--http-port", "\(first.port)")
        #expect(second.status == 1)
        // Beside it only what the log says of the start.
        let told = second.errorLines.filter { !$0.contains(" INFO ") }
        #expect(told.count == 1, "\(second)")
        #expect(told.first?.contains("\(first.port)") == true, "\(second)")
        #expect(told.first?.contains("in use") == true, "\(second)")
      }
    }

    /// Started before its servers, it serves as soon as they are there.
    @Test func aServerWaitsForItsServers() async throws {
      try await withDeployment { deployment in
        await deployment.redis.stop()
        await deployment.postgres.stop()
        await deployment.influx.stop()
        let process = try await deployment.serve(
          "ingest,worker,dashboard", readyWithin: false)
        try await eventually("the port") {
          try await HTTP.shared.get("\(process.url)/health/live").status == 200
        }
        #expect(try await HTTP.shared.get("\(process.url)/health/ready").status == 503)
        try await deployment.redis.start()
        try await process.waitUntilReady()
        let sender = EventSender(to: process)
        // Each event loop's connection comes back in its own time.
        try await eventually("the first event is accepted") {
          try await sender.post(NotebookEvent.classroom(50)).status == 202
        }
        try await deployment.postgres.start()
        try await deployment.influx.start()
        try await deployment.expectStored(sender.accepted)
      }
    }
  }
}
