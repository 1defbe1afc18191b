import EventBus
import Metrics
import Observability

/// One sink's metrics, made once.
struct SinkMetrics: Sendable {
  let written: Counter
  let retries: Counter
  let refusedBatches: Counter
  let claimed: Counter
  let deadLetters: Counter
  let up: Meter
  let batchEvents: Recorder
  let writeSeconds: Timer
  let endToEndSeconds: Timer

  init(sink: String, in factory: any MetricsFactory) {
    let labels = [("sink", sink)]
    written = ProgressBusMetric.sinkWritten.counter(labels, in: factory)
    retries = ProgressBusMetric.sinkRetries.counter(labels, in: factory)
    refusedBatches = ProgressBusMetric.sinkRefused.counter(labels, in: factory)
    claimed = ProgressBusMetric.sinkClaimed.counter(labels, in: factory)
    deadLetters = ProgressBusMetric.deadLetters.counter(labels, in: factory)
    up = ProgressBusMetric.sinkUp.gauge(labels, in: factory)
    batchEvents = ProgressBusMetric.sinkBatchEvents.histogram(labels, in: factory)
    writeSeconds = ProgressBusMetric.sinkWriteSeconds.timer(labels, in: factory)
    endToEndSeconds = ProgressBusMetric.endToEndSeconds.timer(labels, in: factory)
  }

  /// - Parameter now: Milliseconds since 1970. The bus's clock may be ahead of it.
  func committed(_ id: StreamID, now: UInt64) {
    let milliseconds = now > id.milliseconds ? now - id.milliseconds : 0
    endToEndSeconds.recordMilliseconds(Int64(clamping: milliseconds))
  }
}
