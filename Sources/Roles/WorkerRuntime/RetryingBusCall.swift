import Concurrency
import EventBus
import Metrics
import Observability

/// Calls the bus until it does what it was asked, or the worker stops.
struct RetryingBusCall: Sendable {
  let backoff: Backoff
  let stop: StopSignal
  let environment: WorkerEnvironment
  let availability: Availability
  let metrics: any MetricsFactory

  /// Tries at least once, even while the worker stops.
  ///
  /// - Parameter operation: What is called, as the label of the error counter.
  /// - Returns: nil when the worker stops before a try succeeded.
  func callAsFunction<Value: Sendable>(
    _ operation: String, _ body: () async throws(BusError) -> Value
  ) async -> Value? {
    var failures = 0
    while true {
      do throws(BusError) {
        let value = try await body()
        availability.markUp(operation)
        return value
      } catch {
        failures += 1
        record(error, during: operation)
      }
      let delay = backoff.delay(afterFailures: failures, chance: environment.jitter())
      guard await stop.sleep(for: delay) else { return nil }
    }
  }

  func record(_ error: BusError, during operation: String) {
    ProgressBusMetric.busErrors.counter([("operation", operation)], in: metrics).increment()
    availability.markDown("\(operation): \(error)", during: operation)
  }
}
