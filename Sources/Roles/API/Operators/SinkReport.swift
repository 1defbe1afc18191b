import EventBus
import Events
import Foundation
import JSONText
import NIOCore
import NIOFoundationEssentialsCompat
import WorkerRuntime

/// How each sink is, as `GET /api/v1/sinks` tells it: what its group has still to read, from the journal,
/// and how its workers are doing, in their own words.
struct SinkReport: Sendable {
  /// The state of a sink over all its workers.
  enum State: String, Sendable {
    case up
    case down
    /// No write has been tried yet.
    case untried
    /// No worker that has this sink has been heard of lately.
    case unserved
  }

  /// What one worker says of one sink.
  struct Served: Sendable {
    let worker: String
    let startedAt: Timestamp
    let age: Duration
    let sink: WorkerReport.Sink

    /// A few reports may be late; one that is this old means that the worker is gone or hangs.
    var isSilent: Bool { age > WorkerReport.interval * 5 }
  }

  private let takenAt: Timestamp
  private let journal: JournalState
  private let reports: [Served]

  init(takenAt: Timestamp, journal: JournalState, reports: [Served]) {
    self.takenAt = takenAt
    self.journal = journal
    self.reports = reports
  }

  /// - Throws: `BusError`.
  static func read(from bus: RedisEventBus) async throws(BusError) -> SinkReport {
    let reports = try await bus.reports.all()
    return SinkReport(
      takenAt: .now(), journal: try await bus.journal.state(), reports: reports.flatMap(served))
  }

  /// What a worker of another version says in another form is left out, rather than hide the others.
  private static func served(_ report: ProcessReport) -> [Served] {
    let body = Data(buffer: report.body)
    guard let worker = try? JSONDecoder().decode(WorkerReport.self, from: body) else { return [] }
    return worker.sinks.map { sink in
      Served(
        worker: report.process, startedAt: Timestamp(microseconds: worker.startedAt),
        age: report.age, sink: sink)
    }
  }

  private var names: [String] {
    Set(journal.groups.map(\.name) + reports.map(\.sink.name)).sorted()
  }

  /// Any worker that cannot write is worth a look, though others may be able to.
  private static func state(_ workers: [Served]) -> State {
    let heard = workers.filter { !$0.isSilent }
    if heard.isEmpty { return .unserved }
    if heard.contains(where: { $0.sink.state == .down }) { return .down }
    return heard.contains { $0.sink.state == .up } ? .up : .untried
  }

  func answer() -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("generated_at", takenAt)
      json.array("sinks", names) { json, name in
        let workers = reports.filter { $0.sink.name == name }
        json.object { json in
          json.member("sink", name)
          json.member("state", Self.state(workers).rawValue)
          group(&json, journal.groups.first { $0.name == name })
          totals(&json, workers)
          json.array("workers", workers) { json, served in worker(&json, served) }
        }
      }
    }
    return json
  }

  private func group(_ json: inout JSONWriter, _ group: JournalState.Group?) {
    json.member("group", group?.name)
    json.member("lag", group.flatMap { journal.lag(of: $0) })
    json.member("pending", group?.pending)
    json.member("undelivered", group?.undelivered)
    json.member("last_delivered_stream_id", group?.lastDelivered.entryID)
    json.member(
      "oldest_pending_seconds",
      group?.oldestPending.map { oldest in
        max(0, takenAt.microseconds / 1_000_000 - Int64(oldest.milliseconds / 1_000))
      }.map { Int($0) })
  }

  private func totals(_ json: inout JSONWriter, _ workers: [Served]) {
    json.member("written", Int(workers.reduce(0) { $0 + $1.sink.written }))
    json.member("retries", Int(workers.reduce(0) { $0 + $1.sink.retries }))
    json.member("dead_lettered", Int(workers.reduce(0) { $0 + $1.sink.deadLettered }))
    json.member("expired", Int(workers.reduce(0) { $0 + ($1.sink.expired ?? 0) }))
    json.member("limit", workers.lazy.filter { !$0.isSilent }.compactMap(\.sink.limit).first)
    let last = workers.max { ($0.sink.lastErrorAt ?? .min) < ($1.sink.lastErrorAt ?? .min) }
    json.member("last_error", last?.sink.lastError)
    json.member(
      "last_error_at", last?.sink.lastErrorAt.map { Timestamp(microseconds: $0) })
  }

  private func worker(_ json: inout JSONWriter, _ served: Served) {
    json.object { json in
      json.member("worker", served.worker)
      json.member("started_at", served.startedAt)
      json.member("heard_seconds_ago", Int(served.age / .seconds(1)))
      json.member("is_silent", served.isSilent)
      json.member("state", served.sink.state.rawValue)
      json.member("in_flight", served.sink.inFlight)
      json.member("written", Int(served.sink.written))
      json.member("retries", Int(served.sink.retries))
      json.member("dead_lettered", Int(served.sink.deadLettered))
      json.member("last_error", served.sink.lastError)
      json.member(
        "last_error_at", served.sink.lastErrorAt.map { Timestamp(microseconds: $0) })
    }
  }
}
