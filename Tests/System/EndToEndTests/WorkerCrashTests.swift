import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// A worker that is killed under load.
  @Suite struct WorkerCrashTests {
    @Test func nothingIsLostOrDoubledWhenAWorkerIsKilledTwice() async throws {
      try await withDeployment { deployment in
        let ingest = try await deployment.serve("ingest")
        _ = try await deployment.serve("worker")
        let victim = try await deployment.serve("worker")
        let sender = EventSender(to: ingest)
        let events = NotebookEvent.classroom(20_000)
        // Most in batches, some one by one.
        let bodies = Array(events[..<18_000]).batches(of: 200) + events[18_000...].map(\.json)

        let sending = Task { try await sender.postAll(bodies) }
        try await killAmidWork(victim, deployment, storedAtLeast: 500)
        let second = try await deployment.serve("worker")
        try await killAmidWork(second, deployment, storedAtLeast: 4_000)
        _ = try await deployment.serve("worker")
        try await sending.value

        #expect(sender.accepted.count == 20_000)
        // What the dead ones held is taken over within 30 s.
        try await deployment.expectStored(sender.accepted, within: .seconds(60))
        let executions = try await deployment.sql(
          "select sum(executions)::int as n from cell_progress")
        #expect(try executions.first?.value("n") == 20_000)
      }
    }

    private func killAmidWork(
      _ worker: ProgressBusProcess, _ deployment: Deployment, storedAtLeast count: Int
    ) async throws {
      try await eventually(within: .seconds(60), "\(count) events stored") {
        try await deployment.count("progress_events") >= count
      }
      await worker.kill()
    }
  }
}
