import CurlTransport
import Foundation
import LocalStack
import ProgressBusTesting
import RedisDriver
import Synchronization
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

/// Senders that together send 500 events a second, each post again and again until it is accepted.
private final class PatientLoad: Sendable {
  private static let senders = 4
  private static let eventsPerPost = 25
  private static let pause = Duration.milliseconds(200)

  private struct State {
    var sent: [String] = []
    var accepted = 0
    var longestRefusal = Duration.zero
    var isStopped = false
  }

  private let url: String
  private let http = HTTP(connections: PatientLoad.senders)
  private let state = Mutex(State())

  init(to process: ProgressBusProcess) { url = "\(process.url)/student-progress" }

  /// The ids of all events.
  var sent: [String] { state.withLock(\.sent) }
  var accepted: Int { state.withLock(\.accepted) }
  /// From a post's first try to the answer 202.
  var longestRefusal: Duration { state.withLock(\.longestRefusal) }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Until it is stopped, and everything is accepted.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<Self.senders {
        group.addTask {
          while !self.state.withLock(\.isStopped) {
            try await self.post()
            try await Task.sleep(for: Self.pause)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func post() async throws {
    let ids = (0..<Self.eventsPerPost).map { _ in UUID().uuidString.lowercased() }
    state.withLock { $0.sent += ids }
    // InfluxDB knows a point that is written twice by its time.
    let occurredAt = Date.now.formatted(.iso8601)
    let events = zip(ids, NotebookEvent.classroom(ids.count)).map { id, event in
      var event = event
      event.occurredAt = occurredAt
      return #"{"event_id":"\#(id)","# + event.json.dropFirst()
    }
    let body = "[\(events.joined(separator: ","))]"
    let begin = ContinuousClock.now
    try await eventually(within: .seconds(120), "a post is accepted") {
      try await self.http.post(self.url, body).status == 202
    }
    let duration = ContinuousClock.now - begin
    state.withLock { state in
      state.accepted += ids.count
      state.longestRefusal = max(state.longestRefusal, duration)
    }
  }
}
