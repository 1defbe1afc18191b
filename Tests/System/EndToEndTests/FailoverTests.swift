import Foundation
import LocalStack
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// Redis by Sentinels, and every event confirmed by both replicas before it is accepted.
  @Suite struct FailoverTests {
    enum Fault: CaseIterable {
      case failover, killed, hung

      /// The others take a minute more: `scripts/test-failover`.
      static let here = isThorough ? allCases : [.failover]
      static let isThorough =
        ProcessInfo.processInfo.environment["FAILOVER_TESTS_ALL"] != nil

      /// Returns once both replicas can follow a master again.
      func begin(in sentinels: SentinelGroup) async throws {
        let old = sentinels.servers[0]
        switch self {
        case .failover:
          _ = try await sentinels.ask(
            sentinels.sentinels[0], ["SENTINEL", "FAILOVER", .string(SentinelGroup.masterName)])
        case .killed: await old.kill()
        case .hung: await old.pause()
        }
        try await eventually(within: .seconds(60), "another master") {
          try await sentinels.master().map { $0 != old.port } ?? false
        }
        switch self {
        case .failover: break
        case .killed: try await old.start()
        case .hung:
          // Senders go on while nobody knows whether it comes back.
          try await Task.sleep(for: .seconds(3))
          await old.resume()
        }
      }
    }

    @Test(arguments: Fault.here) func whatWasAcceptedIsStoredOnce(fault: Fault) async throws {
      try await withDeployment { deployment in
        try await withSentinels { sentinels in
          let settings = ["redis.url=\(sentinels.url)", "bus.confirmed_replicas=2"]
          let ingest = try await deployment.serve("ingest", settings: settings)
          let others = try await deployment.serve("worker,dashboard", settings: settings)
          let dashboard = try await DashboardClient.connect(to: others)
          let load = PatientLoad(to: ingest)
          let senders = Task { try await load.run() }
          defer { load.stop() }
          try await eventually(within: .seconds(60), "the load") { load.accepted > 500 }

          try await fault.begin(in: sentinels)
          try await eventually(within: .seconds(120), "events are taken again") {
            let before = load.accepted
            try await Task.sleep(for: .seconds(1))
            return load.accepted >= before + 100
          }
          load.stop()
          try await senders.value

          let sent = load.sent
          #expect(load.accepted == sent.count)
          try await deployment.expectStored(sent)
          try await eventually(within: .seconds(60), "all on the dashboard") {
            Set(dashboard.events.compactMap { $0.member("event_id") }) == Set(sent)
          }
          let master = try #require(try await sentinels.master())
          let letters = try await SentinelGroup.send(
            ["EXISTS", "progress-events:dead-letters"], to: master)
          #expect(letters == .integer(0))
          #expect(!dashboard.isClosed)
          dashboard.close()
          if Fault.isThorough {
            let again = dashboard.events.count - sent.count
            let unconfirmed =
              try await MetricsPage(of: ingest)["progressbus_bus_unconfirmed_total"] ?? 0
            print(
              "\(fault): \(sent.count) events, refused for \(load.longestRefusal) at most; "
                + "batches unconfirmed: \(unconfirmed); heard twice: \(again)")
          }
        }
      }
    }
  }
}
