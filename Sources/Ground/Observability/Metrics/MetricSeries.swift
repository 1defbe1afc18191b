import CoreMetrics
import Synchronization

/// One time series: a metric's values for one set of labels.
protocol MetricSeries: AnyObject, Sendable {
  static var kind: MetricKind { get }

  /// Appends its sample lines.
  func write(name: String, labels: MetricLabels, to text: inout PrometheusText)
}

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

/// Observations sorted into buckets; durations are observed in seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
  static var kind: MetricKind { .histogram }

  private final class Bucket: Sendable {
    let upperBound: Double
    let count = Atomic<Int64>(0)

    init(upperBound: Double) {
      self.upperBound = upperBound
    }
  }

  private let buckets: [Bucket]
  private let sum = AtomicDouble()

  init(upperBounds: [Double]) {
    buckets = (upperBounds.filter(\.isFinite).sorted() + [.infinity]).map(Bucket.init)
  }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    // The last bound is +Inf, so there is always one.
    var index = 0
    while value > buckets[index].upperBound { index += 1 }
    buckets[index].count.wrappingAdd(1, ordering: .relaxed)
    sum.add(value)
  }

  func recordNanoseconds(_ duration: Int64) {
    record(Double(duration) / 1e9)
  }

  func write(name: String, labels: MetricLabels, to text: inout PrometheusText) {
    var cumulative: Int64 = 0
    for bucket in buckets {
      cumulative += bucket.count.load(ordering: .relaxed)
      let bound = PrometheusText.number(bucket.upperBound)
      text.sample(name + "_bucket", labels.adding("le", bound), String(cumulative))
    }
    text.sample(name + "_sum", labels, PrometheusText.number(sum.value))
    // Not a counter of its own: it must equal the last bucket even while others observe.
    text.sample(name + "_count", labels, String(cumulative))
  }
}

/// A number that many threads add to without a lock.
final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(0)

  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func store(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  func add(_ amount: Double) {
    var current = bits.load(ordering: .relaxed)
    while true {
      let sum = Double(bitPattern: current) + amount
      let (exchanged, original) = bits.weakCompareExchange(
        expected: current, desired: sum.bitPattern, ordering: .relaxed)
      if exchanged { return }
      current = original
    }
  }
}
