import CoreMetrics

/// A number with a fraction that grows.
final class FloatingPointCounterSeries: MetricSeries, FloatingPointCounterHandler {
  static var kind: MetricKind { .counter }

  private let sum = AtomicDouble()

  func increment(by amount: Double) {
    // A counter must not fall, and one NaN would stick for ever.
    guard amount > 0, amount.isFinite else { return }
    sum.add(amount)
  }

  func reset() {
    sum.store(0)
  }

  func write(name: String, labels: MetricLabels, to text: inout PrometheusText) {
    text.sample(name, labels, PrometheusText.number(sum.value))
  }
}
