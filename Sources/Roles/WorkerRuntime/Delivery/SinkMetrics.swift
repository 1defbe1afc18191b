import EventBus
import Metrics
import Observability
import Synchronization

/// One sink's metrics, made once, and what the worker itself keeps of them.
struct SinkMetrics: Sendable {
  /// Counts since the process began, for the worker's report. Safe from any thread.
  final class Counts: Sendable {
    let written = Atomic<Int64>(0)
    let retries = Atomic<Int64>(0)
    let deadLettered = Atomic<Int64>(0)
    let expired = Atomic<Int64>(0)
  }

  let counts = Counts()
  private let written: Counter
  private let retries: Counter
  let refusedBatches: Counter
  let claimed: Counter
  private let deadLetters: Counter
  let deadLettersWaiting: Meter
  private let expiredEvents: Counter
  let up: Meter
  let batchEvents: Recorder
  let writeSeconds: Timer
  private let endToEndSeconds: Timer

  init(sink: String, in factory: any MetricsFactory) {
    let labels = [("sink", sink)]
    written = ProgressBusMetric.sinkWritten.counter(labels, in: factory)
    retries = ProgressBusMetric.sinkRetries.counter(labels, in: factory)
    refusedBatches = ProgressBusMetric.sinkRefused.counter(labels, in: factory)
    claimed = ProgressBusMetric.sinkClaimed.counter(labels, in: factory)
    deadLetters = ProgressBusMetric.deadLetters.counter(labels, in: factory)
    deadLettersWaiting = ProgressBusMetric.deadLettersWaiting.gauge(labels, in: factory)
    deadLettersWaiting.set(0)
    expiredEvents = ProgressBusMetric.sinkExpired.counter(labels, in: factory)
    up = ProgressBusMetric.sinkUp.gauge(labels, in: factory)
    batchEvents = ProgressBusMetric.sinkBatchEvents.histogram(labels, in: factory)
    writeSeconds = ProgressBusMetric.sinkWriteSeconds.timer(labels, in: factory)
    endToEndSeconds = ProgressBusMetric.endToEndSeconds.timer(labels, in: factory)
  }

  func wrote(_ events: Int) {
    written.increment(by: events)
    counts.written.add(Int64(events), ordering: .relaxed)
  }

  func retried() {
    retries.increment()
    counts.retries.add(1, ordering: .relaxed)
  }

  func deadLettered(_ events: Int) {
    deadLetters.increment(by: events)
    counts.deadLettered.add(Int64(events), ordering: .relaxed)
  }

  func expired(_ events: Int) {
    expiredEvents.increment(by: events)
    counts.expired.add(Int64(events), ordering: .relaxed)
  }

  /// - Parameter now: Milliseconds since 1970. The bus's clock may be ahead of it.
  func committed(_ id: StreamID, now: UInt64) {
    let milliseconds = now > id.milliseconds ? now - id.milliseconds : 0
    endToEndSeconds.recordMilliseconds(Int64(clamping: milliseconds))
  }
}
