public import CoreMetrics
import Observability

/// Counts requests that were refused for want of a token that is good and enough, by reason: who tries tokens out
/// is seen so. From any thread.
public struct RefusedRequests: Sendable {
  /// Beside the faults of tokens.
  enum Lack: String, CaseIterable {
    /// The token is good, and has none of the scopes that the route needs.
    case scope
    /// It is not for the course.
    case course
  }

  private let counters: [String: Counter]

  /// Nothing is counted: a command asks, not a process that answers.
  public static let uncounted = RefusedRequests(counters: [:])

  /// Every reason has its series from the start.
  public init(metrics: any MetricsFactory) {
    let reasons = TokenFault.allCases.map(\.rawValue) + Lack.allCases.map(\.rawValue)
    self.init(
      counters: Dictionary(
        uniqueKeysWithValues: reasons.map {
          ($0, ProgressBusMetric.accessRefused.counter([("reason", $0)], in: metrics))
        }))
  }

  private init(counters: [String: Counter]) { self.counters = counters }

  func count(_ fault: TokenFault) { counters[fault.rawValue]?.increment() }
  func count(_ lack: Lack) { counters[lack.rawValue]?.increment() }
}
