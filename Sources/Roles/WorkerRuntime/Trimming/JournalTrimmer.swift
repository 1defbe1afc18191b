import EventBus
import Logging
import Metrics
import Observability

/// Removes what every group has read from the journal, and measures it. Any number of workers may do
/// so at the same time.
struct JournalTrimmer: Sendable {
  let journal: any Journal
  let plan: TrimPlan
  /// Between two rounds; five times as often while the journal is crowded.
  let interval: Duration
  let persistently: PersistentBusCall
  let logger: Logger

  private var environment: WorkerEnvironment { persistently.environment }

  /// Returns once the worker stops.
  func run() async {
    var metrics = JournalMetrics(factory: persistently.metrics)
    let trimmed = ProgressBusMetric.journalTrimmed.counter(in: persistently.metrics)
    var isBlocked = false
    var wait = interval
    // Workers that started together shall not all come at the same moment.
    while await persistently.stop.sleep(for: wait * (0.5 + environment.jitter())) {
      do throws(BusError) {
        let state = try await journal.state()
        metrics.show(state)
        wait = plan.isCrowded(state) ? interval / 5 : interval
        if let position = plan.position(state, now: environment.unixMilliseconds()) {
          trimmed.increment(by: try await journal.trim(before: position))
          isBlocked = false
        } else if plan.isCrowded(state) {
          if !isBlocked { warn(state) }
          isBlocked = true
        }
        persistently.availability.markUp()
      } catch {
        persistently.record(error, during: "trim")
        wait = interval
      }
    }
  }

  private func warn(_ state: JournalState) {
    let lags = state.groups.map { "\($0.name)=\(JournalMetrics.lag(of: $0, in: state))" }
    let missing = plan.expectedGroups.subtracting(state.groups.map(\.name)).sorted()
    logger.warning(
      "the journal is nearly full of entries that some group has yet to read",
      metadata: [
        "entries": "\(state.entries)", "cap": "\(plan.cap)",
        "lag": "\(lags.joined(separator: " "))", "missing": "\(missing.joined(separator: " "))",
      ])
  }
}
