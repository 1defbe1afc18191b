import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// A Redis Cluster of three masters and their replicas, and six partitions, each event confirmed by the replica.
  @Suite struct ClusterTests {
    private static let key = "progress-events:{j-1}:journal"

    @Test func whatWasAcceptedIsStoredOnceWhateverBecomesOfTheNodes() async throws {
      try await withDeployment { deployment in
        try await withCluster { cluster in
          let settings = [
            "redis.url=\(cluster.url)", "bus.partitions=6", "bus.confirmed_replicas=1",
          ]
          let ingest = try await deployment.serve("ingest", settings: settings)
          let dashboard = try await deployment.serve("dashboard", settings: settings)
          for _ in 0..<2 { _ = try await deployment.serve("worker", settings: settings) }
          let witness = try await DashboardClient.connect(to: dashboard)
          let leaving = try await DashboardClient.connect(to: dashboard)
          let load = PatientLoad(to: ingest)
          let senders = Task { try await load.run() }
          defer { load.stop() }
          try await eventually("the load") { load.accepted > 500 }

          // By hand, through all nodes in turn; some are the same text.
          for index in 0..<52 {
            let event = NotebookEvent(student: "by-hand-\(index / 2)", course: "b").json
            let reply = try await SentinelGroup.send(
              ["PUBLISH", "progress-events", .string(event)], to: cluster.servers[index % 6].port)
            #expect(reply.integer != nil)
          }
          try await eventually("some events") { leaving.events.count >= 300 }
          let seen = leaving.lines
          leaving.close()

          try await cluster.moveSlot(of: "progress-events:{j-2}:journal")
          try await goesOn(load)
          try await cluster.swapRoles(ofTheMasterOf: Self.key)
          try await goesOn(load)
          let victim = try await cluster.master(of: Self.key)
          await victim.kill()
          try await eventually("another master") {
            try await cluster.master(of: Self.key).port != victim.port
          }
          // The new master has nobody to confirm what it takes before the old one follows it.
          try await victim.start()
          try await goesOn(load)
          load.stop()
          try await senders.value

          let byHand = try await deployment.sql(
            "select count(*)::int as n from progress_events where student_id like 'by-hand-%'")
          #expect(try byHand.first?.value("n") == 52)
          let sent = load.sent
          #expect(load.accepted == sent.count)
          try await eventually(within: .seconds(60), "all are stored") {
            try await deployment.count("progress_events") >= sent.count + 52
          }
          let stored = try await deployment.storedInPostgres()
          #expect(stored.count == sent.count + 52 && Set(stored).isSuperset(of: sent))
          try await deployment.expectStored(stored)
          try await eventually(within: .seconds(60), "all on the dashboard") {
            Set(witness.events.compactMap { $0.member("event_id") }) == Set(stored)
          }
          #expect(!witness.isClosed && !witness.lines.contains { $0.member("control") == "gap" })

          // Who left comes back with the last cursor.
          let last = try #require(seen.lastIndex { $0.member("control") == "cursor" })
          let cursor = try #require(seen[last].member("cursor"))
          let before = seen[..<last].compactMap { $0.member("event_id") }
          let resumed = try await DashboardClient.connect(to: dashboard, query: "?after=\(cursor)")
          try await eventually(within: .seconds(60), "the rest") {
            let rest = resumed.events.compactMap { $0.member("event_id") }
            return Set(before + rest) == Set(stored)
          }
          #expect(!resumed.lines.contains { $0.member("control") == "gap" })
          for client in [witness, resumed] { client.close() }
          print(
            "\(sent.count) events, refused for \(load.longestRefusal) at most; heard twice: "
              + "\(witness.events.count - stored.count)")
        }
      }
    }

    private func goesOn(_ load: PatientLoad) async throws {
      try await eventually(within: .seconds(60), "events are taken again") {
        let before = load.accepted
        try await Task.sleep(for: .seconds(1))
        return load.accepted >= before + 100
      }
    }
  }
}
