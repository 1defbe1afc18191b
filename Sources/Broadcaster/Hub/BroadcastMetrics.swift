import Metrics

struct BroadcastMetrics: Sendable {
  private let subscriberGauge = Gauge(label: "progressbus_websocket_subscribers")
  private let gapCounter = Counter(label: "progressbus_websocket_gaps_total")
  private let slowCounter = Counter(label: "progressbus_websocket_slow_closed_total")
  private let sentCounter = Counter(label: "progressbus_websocket_events_sent_total")

  func subscribers(_ count: Int) { subscriberGauge.record(count) }
  func gap() { gapCounter.increment() }
  func slowClosed() { slowCounter.increment() }
  func sent(_ count: Int) {
    if count > 0 { sentCounter.increment(by: count) }
  }
}
