import EventBus
import Events
import Foundation
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import Observability
import ServiceLifecycle
import WorkerRuntime

/// Tells Redis every two seconds how this worker is doing, and takes its report away when it ends. A
/// worker and the dashboard that shows it are often not the same process.
struct WorkerReporter: Service {
  static let interval = Duration.seconds(2)

  let worker: Worker
  let reports: RedisProcessReports
  let registry: MetricsRegistry
  let logger: Logger

  func run() async throws {
    let startedAt = Timestamp.now().microseconds
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await post(startedAt: startedAt)
        // Ends early only when the service does.
        try? await Task.sleep(for: Self.interval)
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
        let labels = [("sink", sink.name)]
        return WorkerReport.Sink(
          name: sink.name, state: sink.state, inFlight: sink.inFlight,
          written: registry.count(of: .sinkWritten, labels) ?? 0,
          retries: registry.count(of: .sinkRetries, labels) ?? 0,
          deadLettered: registry.count(of: .deadLetters, labels) ?? 0,
          lastError: sink.lastFailure?.reason,
          lastErrorAt: sink.lastFailure.map { now - Int64($0.age / .microseconds(1)) })
      })
  }
}
