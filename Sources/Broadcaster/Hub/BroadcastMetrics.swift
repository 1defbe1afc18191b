import Metrics
import Observability

struct BroadcastMetrics: Sendable {
  private let subscriberGauge = Gauge(label: ProgressBusMetric.websocketSubscribers.name)
  private let gapCounter = Counter(label: ProgressBusMetric.websocketGaps.name)
  private let slowCounter = Counter(label: ProgressBusMetric.websocketSlowClosed.name)
  private let sentCounter = Counter(label: ProgressBusMetric.websocketSent.name)

  func subscribers(_ count: Int) { subscriberGauge.record(count) }
  func gap() { gapCounter.increment() }
  func slowClosed() { slowCounter.increment() }
  func sent(_ count: Int) {
    if count > 0 { sentCounter.increment(by: count) }
  }
}
