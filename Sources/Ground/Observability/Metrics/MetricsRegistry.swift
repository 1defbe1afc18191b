public import CoreMetrics
import NIOConcurrencyHelpers

/// The backend of swift-metrics: keeps every time series in memory and prints them for `/metrics`.
///
/// The lock guards the making and printing of series. A counter that a caller holds on to is counted
/// up without it. Safe from any thread.
public final class MetricsRegistry: MetricsFactory {
  /// All series of one name.
  private struct Family {
    let kind: MetricKind
    var series: [MetricLabels: any MetricSeries] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var collectors: [@Sendable () -> Void] = []
  }

  private let declarations: [String: MetricDeclaration]
  private let state = NIOLockedValueBox(State())
  private let conflicts = CounterSeries()

  /// Counts the series that could not be shown because their name already stood for another kind.
  public static let conflictsName = "progressbus_metric_conflicts_total"

  /// - Parameter declarations: Helps and buckets by name. A histogram without a declaration gets
  ///   `HistogramBuckets.latency`, any other metric no help.
  public init(
    declarations: [MetricDeclaration] = ProgressBusMetric.allCases.map(\.declaration)
  ) {
    self.declarations = Dictionary(declarations.map { ($0.name, $0) }) { _, last in last }
  }

  /// Runs `collect` before each print, for gauges whose value is cheaper to ask for than to follow.
  public func onCollect(_ collect: @escaping @Sendable () -> Void) {
    state.withLockedValue { $0.collectors.append(collect) }
  }

  /// Every series in the text format 0.0.4, in the order of names and labels.
  public func prometheusText() -> String {
    // Outside the lock: collectors set gauges, and may make them.
    for collect in state.withLockedValue({ $0.collectors }) { collect() }
    let families = state.withLockedValue { $0.families }
    var text = PrometheusText()
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text.header(name: name, kind: family.kind, help: declarations[name]?.help)
      for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
        series.write(name: name, labels: labels, to: &text)
      }
    }
    text.header(
      name: Self.conflictsName, kind: .counter,
      help: "Metrics left out because their name already stands for another kind.")
    conflicts.write(name: Self.conflictsName, labels: MetricLabels([]), to: &text)
    return text.text
  }

  private func series<Series: MetricSeries>(
    _ label: String, _ dimensions: [(String, String)], make: (String) -> Series
  ) -> Series {
    let name = PrometheusText.metricName(label)
    let labels = MetricLabels(dimensions)
    return state.withLockedValue { state in
      if let existing = state.families[name]?.series[labels] as? Series { return existing }
      let series = make(name)
      var family = state.families[name] ?? Family(kind: Series.kind)
      guard family.kind == Series.kind, family.series[labels] == nil else {
        // The caller gets a working series that is not shown, rather than a crash.
        conflicts.increment(by: 1)
        return series
      }
      family.series[labels] = series
      state.families[name] = family
      return series
    }
  }

  private func destroy(_ handler: AnyObject) {
    state.withLockedValue { state in
      for (name, var family) in state.families {
        guard let labels = family.series.first(where: { $0.value === handler })?.key else {
          continue
        }
        family.series[labels] = nil
        state.families[name] = family.series.isEmpty ? nil : family
        return
      }
    }
  }
}

extension MetricsRegistry {
  public func makeCounter(
    label: String, dimensions: [(String, String)]
  ) -> any CounterHandler {
    series(label, dimensions) { _ in CounterSeries() }
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(label, dimensions) { _ in FloatingPointCounterSeries() }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) { _ in GaugeSeries() }
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    guard aggregate else { return series(label, dimensions) { _ in GaugeSeries() } }
    return histogram(label, dimensions)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
    series(label, dimensions) { [declarations] name in
      let buckets = declarations[name]?.buckets ?? []
      return HistogramSeries(upperBounds: buckets.isEmpty ? HistogramBuckets.latency : buckets)
    }
  }

  public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
    destroy(handler)
  }
  public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }
}
