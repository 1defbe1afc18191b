import EventBus
import Metrics
import Observability

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
