import CurlTransport
import Foundation
import HTTPTypes
import LocalStack
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// Redis answers, and takes no events.
  @Suite struct BusFaultTests {
    private static let states: [(begin: RedisCommand, end: RedisCommand, words: String)] = [
      (
        ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"],
        "Redis has no memory left"
      ),
      (
        ["CONFIG", "SET", "min-replicas-to-write", "1"],
        ["CONFIG", "SET", "min-replicas-to-write", "0"], "Redis has too few replicas that keep up"
      ),
    ]

    @Test func aCauseIsToldInTheSameWordsToSendersLogMetricsProbesAndOperators() async throws {
      try await withDeployment { deployment in
        let ingest = try await deployment.serve("ingest")
        let dashboard = try await deployment.serve("dashboard")
        let sender = EventSender(to: ingest)
        #expect(try await sender.post([NotebookEvent()]).status == 202)
        let operators = OperatorClient(dashboard)
        #expect(try await operators.get("/api/v1/bus").list("faults").isEmpty)

        for state in Self.states {
          try await RedisCommands.send(state.begin, to: deployment.redis)
          for _ in 1...10 {
            let refusal = try await sender.post([NotebookEvent()])
            #expect(refusal.status == 503)
            #expect(refusal.text.contains("\(state.words); nothing was accepted"))
            #expect(refusal.headers[.retryAfter].flatMap(Int.init) ?? 0 >= 1)
          }
          let unready = try await HTTP.shared.get("\(ingest.url)/health/ready")
          #expect(unready.status == 503)
          #expect(unready.text.contains(state.words), "\(unready.text)")
          let faults = try await operators.get("/api/v1/bus").list("faults")
          #expect(faults.map { $0["reason"] as? String } == [state.words])
          let fault = try #require(faults.first?["fault"] as? String)
          let series = "progressbus_bus_fault{fault=\"\(fault)\"}"
          #expect(try await MetricsPage(of: ingest)[series] == 1)

          try await RedisCommands.send(state.end, to: deployment.redis)
          try await ingest.waitUntilReady()
          try await eventually("the dashboard's view") {
            try await operators.get("/api/v1/bus").list("faults").isEmpty
          }
          #expect(try await sender.post([NotebookEvent()]).status == 202)
          #expect(try await MetricsPage(of: ingest)[series] == 0)
          let lines = try ingest.log.split(separator: "\n").filter { $0.contains(state.words) }
          #expect(lines.count == 2, "once for the beginning, once for the end: \(lines)")
        }
      }
    }

    /// Whoever comes as soon as it is ready is let in.
    @Test func aDashboardIsReadyOnceItHearsTheChannel() async throws {
      try await withDeployment { deployment in
        for roles in ["dashboard", "ingest,dashboard"] {
          let process = try await deployment.serve(roles)
          try await eventually("the live stream") {
            try await HTTP.shared.get("\(process.url)/health/ready").text
              .contains(#""live_stream":{"status":"ok"}"#)
          }
          let client = try await DashboardClient.connect(to: process)
          client.close()
        }
        let dashboard = try await deployment.serve("dashboard")
        let client = try await DashboardClient.connect(to: dashboard)
        client.close()
        await deployment.redis.stop()
        try await eventually("the live stream is lost") {
          let ready = try await HTTP.shared.get("\(dashboard.url)/health/ready")
          return ready.status == 503
            && ready.text.contains("not subscribed to the channel; WebSockets get 503")
        }
      }
    }

    /// A dashboard shows what there is while nothing new may come.
    @Test func onlyWhoTakesEventsIsNotReadyWhileRedisHasNoMemory() async throws {
      try await withDeployment { deployment in
        let dashboard = try await deployment.serve("dashboard")
        try await RedisCommands.send(["CONFIG", "SET", "maxmemory", "1"], to: deployment.redis)
        try await eventually("the dashboard tells") {
          let ready = try await HTTP.shared.get("\(dashboard.url)/health/ready")
          return ready.status == 200 && ready.text.contains("Redis has no memory left")
        }
        try await RedisCommands.send(["CONFIG", "SET", "maxmemory", "0"], to: deployment.redis)
        try await RedisCommands.send(["SET", "progress-events:journal", "x"], to: deployment.redis)
        try await eventually("nobody can go on without the journal") {
          let ready = try await HTTP.shared.get("\(dashboard.url)/health/ready")
          return ready.status == 503
            && ready.text.contains("Redis holds something else under a key of the bus")
        }
      }
    }
  }
}
