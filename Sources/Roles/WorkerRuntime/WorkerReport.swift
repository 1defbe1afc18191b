public import EventBus
import Events
import Foundation
public import Logging
import NIOCore
import NIOFoundationEssentialsCompat
public import ServiceLifecycle

/// What a worker process says of itself, for every dashboard to show.
public struct WorkerReport: Codable, Equatable, Sendable {
  /// How one sink is doing there. Counts begin with the process.
  public struct Sink: Codable, Equatable, Sendable {
    public let name: String
    public let state: SinkStatus.State
    /// Entries that are being written.
    public let inFlight: Int
    public let written: Int64
    public let retries: Int64
    public let deadLettered: Int64
    /// Absent in reports of an older version.
    public let expired: Int64?
    /// What refuses events, and what lifts it; in one line.
    public let limit: String?
    /// One line, without personal data; stays when later writes succeed.
    public let lastError: String?
    public let lastErrorAt: Int64?
  }

  /// How often a worker reports.
  public static let interval = Duration.seconds(2)

  /// In microseconds since 1970.
  public let startedAt: Int64
  public let sinks: [Sink]
}

/// Tells Redis every two seconds how this worker is doing, and takes its report away when it ends. A
/// worker and the dashboard that shows it are often not the same process.
public struct WorkerReporter: Service {
  private let worker: Worker
  private let reports: RedisProcessReports
  private let logger: Logger

  public init(worker: Worker, reports: RedisProcessReports, logger: Logger) {
    self.worker = worker
    self.reports = reports
    self.logger = logger
  }

  public func run() async throws {
    let startedAt = Timestamp.now().microseconds
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await post(startedAt: startedAt)
        // Ends early only when the service does.
        try? await Task.sleep(for: WorkerReport.interval)
      }
    }
    // In a task of its own: this one is cancelled by now, as an immediate shutdown is.
    await Task { await withdraw() }.value
  }

  private func post(startedAt: Int64) async {
    do {
      let body = try JSONEncoder().encode(report(startedAt: startedAt))
      try await reports.post(ByteBuffer(data: body), from: worker.name)
    } catch {
      // The bus's own check says so where an operator looks.
      logger.debug("the worker's report was not taken", metadata: ["error": "\(error)"])
    }
  }

  private func withdraw() async {
    do {
      try await reports.withdraw(worker.name)
    } catch {
      logger.debug("the worker's report stays behind", metadata: ["error": "\(error)"])
    }
  }

  private func report(startedAt: Int64) -> WorkerReport {
    let now = Timestamp.now().microseconds
    return WorkerReport(
      startedAt: startedAt,
      sinks: worker.sinks.map { sink in
        WorkerReport.Sink(
          name: sink.name, state: sink.state, inFlight: sink.inFlight, written: sink.written,
          retries: sink.retries, deadLettered: sink.deadLettered, expired: sink.expired,
          limit: sink.limit,
          lastError: sink.lastFailure?.reason,
          lastErrorAt: sink.lastFailure.map { now - Int64($0.age / .microseconds(1)) })
      })
  }
}
