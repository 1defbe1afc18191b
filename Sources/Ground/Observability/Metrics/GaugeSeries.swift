import CoreMetrics

/// The latest value; also what swift-metrics calls a recorder that does not aggregate.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
  static var kind: MetricKind { .gauge }

  private let value = AtomicDouble()

  func set(_ value: Int64) { self.value.store(Double(value)) }
  func set(_ value: Double) { self.value.store(value) }
  func increment(by amount: Double) { value.add(amount) }
  func decrement(by amount: Double) { value.add(-amount) }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }

  func write(name: String, labels: MetricLabels, to text: inout PrometheusText) {
    text.sample(name, labels, PrometheusText.number(value.value))
  }
}
