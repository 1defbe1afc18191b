import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// SIGTERM.
  @Suite struct ShutdownTests {
    @Test func nothingIsLostWhenTheServerIsStoppedUnderLoad() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        var dashboards: [DashboardClient] = []
        for _ in 0..<20 { dashboards.append(try await .connect(to: process)) }
        // Neither answers a close frame nor reads.
        for dashboard in dashboards.prefix(3) { try await dashboard.setReading(false) }

        let sender = EventSender(to: process)
        let load = (0..<4).map { _ in
          Task {
            // Ends with the server: a refused connection, or an answer that never came.
            while let response = try? await sender.post(NotebookEvent.classroom(50)),
              response.status == 202
            {}
          }
        }
        try await eventually(within: .seconds(30), "2,000 events") {
          sender.accepted.count >= 2_000
        }
        let (exit, duration) = await process.stop()
        for task in load { await task.value }
        #expect(exit == .code(0))
        #expect(duration < .seconds(10))
        #expect(dashboards.dropFirst(3).allSatisfy { $0.closeCode == 1001 })

        // The next start stores what was still waiting. A request that was cut off without an answer
        // may have been accepted, so there can be more than what senders know of.
        _ = try await deployment.serve("worker")
        let accepted = Set(sender.accepted)
        try await eventually(within: .seconds(60), "all accepted events") {
          let stores = try await [deployment.storedInPostgres(), deployment.storedInInflux()]
          return stores.allSatisfy(accepted.isSubset)
        }
        let stored = try await deployment.storedInPostgres()
        #expect(Set(stored).count == stored.count)
        try await deployment.expectStored(stored)
        for client in dashboards { client.close() }
      }
    }

    @Test(arguments: ["ingest", "worker", "dashboard"])
    func anIdleRoleStopsAtOnce(_ role: String) async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(role)
        let (exit, duration) = await process.stop()
        #expect(exit == .code(0))
        #expect(duration < .seconds(5))
      }
    }

    @Test func aServerStopsInTimeWhileItsServersAreAway() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let sender = EventSender(to: process)
        await deployment.postgres.pause()
        await deployment.influx.kill()
        #expect(try await sender.post(NotebookEvent.classroom(100)).status == 202)
        try await eventually("the first write") {
          try await MetricsPage(of: process)["progressbus_sink_retries_total", sink: "influxdb"]
            ?? 0 > 0
        }
        let (exit, duration) = await process.stop()
        #expect(exit == .code(0))
        #expect(duration < .seconds(10))
        await deployment.postgres.resume()
        try await deployment.influx.start()
        _ = try await deployment.serve("worker")
        try await deployment.expectStored(sender.accepted)
      }
    }
  }
}
