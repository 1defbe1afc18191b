import CoreMetrics
import Synchronization

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
