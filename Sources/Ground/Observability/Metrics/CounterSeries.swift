import CoreMetrics
import Synchronization

/// A whole number that grows.
final class CounterSeries: MetricSeries, CounterHandler {
  static var kind: MetricKind { .counter }

  private let count = Atomic<Int64>(0)

  var value: Int64 { count.load(ordering: .relaxed) }

  func increment(by amount: Int64) {
    // A wrap after 2^63 events reads as a reset, which Prometheus understands; a trap would not.
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  func reset() {
    count.store(0, ordering: .relaxed)
  }

  func write(name: String, labels: MetricLabels, to text: inout PrometheusText) {
    text.sample(name, labels, String(value))
  }
}
