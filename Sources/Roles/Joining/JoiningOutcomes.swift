public import CoreMetrics
import Observability

/// Counts what became of attempts to join by a code: who tries codes out is seen so. From any thread.
public struct JoiningOutcomes: Sendable {
  enum Outcome: String, CaseIterable {
    case joined
    case wrongCode = "wrong_code"
    /// Refused, as too many wrong codes came from the address.
    case limited
  }

  private let counters: [Outcome: Counter]

  /// Every outcome has its series from the start.
  public init(metrics: any MetricsFactory) {
    counters = Dictionary(
      uniqueKeysWithValues: Outcome.allCases.map {
        ($0, ProgressBusMetric.joins.counter([("outcome", $0.rawValue)], in: metrics))
      })
  }

  func count(_ outcome: Outcome) { counters[outcome]?.increment() }
}
