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
  let busCall: RetryingBusCall
  let logger: Logger

  private var environment: WorkerEnvironment { busCall.environment }

  /// Returns once the worker stops.
  func run() async {
    var metrics = JournalMetrics(factory: busCall.metrics)
    let trimmed = ProgressBusMetric.journalTrimmed.counter(in: busCall.metrics)
    var isBlocked = false
    var wait = interval
    // Workers that started together shall not all come at the same moment.
    while await busCall.stop.sleep(for: wait * (0.5 + environment.jitter())) {
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
        busCall.availability.markUp("trim")
      } catch {
        busCall.record(error, during: "trim")
        wait = interval
      }
    }
  }

  private func warn(_ state: JournalState) {
    let lags = state.groups.map { "\($0.name)=\(JournalMetrics.lag(of: $0, in: state))" }
    let missing = plan.expectedGroups.subtracting(state.groups.map(\.name)).sorted()
    logger.warning(
      state.isOutOfMemory
        ? "Redis's memory is full, and some group has yet to read what the journal holds"
        : "the journal is nearly full of entries that some group has yet to read",
      metadata: [
        "entries": "\(state.entries)", "cap": "\(plan.cap)",
        "lag": "\(lags.joined(separator: " "))", "missing": "\(missing.joined(separator: " "))",
      ])
  }
}

/// Shows the journal's length and each group's lag.
struct JournalMetrics {
  private let factory: any MetricsFactory
  private let entries: Meter
  private var lags: [String: Meter] = [:]

  init(factory: any MetricsFactory) {
    self.factory = factory
    entries = ProgressBusMetric.journalEntries.gauge(in: factory)
  }

  mutating func show(_ state: JournalState) {
    entries.set(state.entries)
    let names = Set(state.groups.map(\.name))
    for (name, lag) in lags where !names.contains(name) {
      lag.destroy()
      lags[name] = nil
    }
    for group in state.groups {
      let lag =
        lags[group.name]
        ?? ProgressBusMetric.journalLag.gauge([("group", group.name)], in: factory)
      lags[group.name] = lag
      lag.set(Self.lag(of: group, in: state))
    }
  }

  /// Undelivered and pending entries; not a number when the bus cannot tell.
  static func lag(of group: JournalState.Group, in state: JournalState) -> Double {
    state.lag(of: group).map(Double.init) ?? .nan
  }
}
