import CoreMetrics
import Metrics
import Observability

/// What the broadcaster counts.
struct BroadcastMetrics: Sendable {
  private let subscriberGauge: Meter
  private let gapCounter: Counter
  private let slowCounter: Counter
  private let sentCounter: Counter
  private let replayGauge: Meter
  private let refusedReplayCounter: Counter
  private let refusedCounter: Counter

  init(factory: any MetricsFactory) {
    subscriberGauge = ProgressBusMetric.websocketSubscribers.gauge(in: factory)
    gapCounter = ProgressBusMetric.websocketGaps.counter(in: factory)
    slowCounter = ProgressBusMetric.websocketSlowClosed.counter(in: factory)
    sentCounter = ProgressBusMetric.websocketEventsSent.counter(in: factory)
    replayGauge = ProgressBusMetric.websocketReplays.gauge(in: factory)
    refusedReplayCounter = ProgressBusMetric.websocketReplaysRefused.counter(in: factory)
    refusedCounter = ProgressBusMetric.limited.counter([("limit", "subscribers")], in: factory)
  }

  func subscribers(_ count: Int) { subscriberGauge.set(count) }
  func replays(_ count: Int) { replayGauge.set(count) }
  func subscriberRefused() { refusedCounter.increment() }
  func replayRefused() { refusedReplayCounter.increment() }
  func gap() { gapCounter.increment() }
  func slowClosed() { slowCounter.increment() }
  func sent(_ count: Int) {
    if count > 0 { sentCounter.increment(by: count) }
  }
}
