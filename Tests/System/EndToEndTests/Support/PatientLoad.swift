import CurlTransport
import Foundation
import ProgressBusTesting
import Synchronization

/// Senders that together send 500 events a second, each post again and again until it is accepted.
final class PatientLoad: Sendable {
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
