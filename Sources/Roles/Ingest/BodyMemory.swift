import CoreMetrics
import Metrics
import Observability
import Synchronization

/// Bounds what the bodies of requests that are still arriving hold in all of a process: each by itself is
/// bounded, but nothing else keeps a thousand clients from sending all but the end of a body. Any thread.
///
/// Most requests come whole in one read, and are never counted.
final class BodyMemory: Sendable {
  private let limit: Int
  private let held = Atomic<Int>(0)
  private let gauge: Meter
  private let refused: Counter

  /// - Parameter limit: bytes.
  init(limit: Int, metrics factory: any MetricsFactory) {
    self.limit = limit
    gauge = ProgressBusMetric.ingestArrivingBytes.gauge(in: factory)
    refused = ProgressBusMetric.ingestBodiesRefused.counter(in: factory)
    gauge.set(0)
  }

  /// Counts `bytes` more.
  ///
  /// - Returns: false, having counted nothing, when there are not so many left.
  func take(_ bytes: Int) -> Bool {
    guard held.wrappingAdd(bytes, ordering: .relaxed).newValue <= limit else {
      held.wrappingSubtract(bytes, ordering: .relaxed)
      refused.increment()
      return false
    }
    gauge.increment(by: Double(bytes))
    return true
  }

  func giveBack(_ bytes: Int) {
    held.wrappingSubtract(bytes, ordering: .relaxed)
    gauge.decrement(by: Double(bytes))
  }
}
