import CoreMetrics
import Metrics
import Observability

/// What the source counts.
struct FirestoreSourceMetrics: Sendable {
  let published: Counter
  let refused: Counter
  private let tellings: [String: Counter]
  private let failures: [FirestoreOperation: Meter]

  init(_ factory: any MetricsFactory) {
    func counter(_ metric: ProgressBusMetric, _ outcome: String) -> Counter {
      metric.counter([("outcome", outcome)], in: factory)
    }
    published = counter(.firestoreSessions, "published")
    refused = counter(.firestoreSessions, "refused")
    tellings = Dictionary(
      uniqueKeysWithValues: ["synced", "failed", "deleted", "error"].map {
        ($0, counter(.firestoreWrites, $0))
      })
    failures = Dictionary(
      uniqueKeysWithValues: FirestoreOperation.allCases.map { operation in
        let gauge = ProgressBusMetric.firestoreFailing.gauge(
          [("operation", operation.rawValue)], in: factory)
        gauge.set(0)
        return (operation, gauge)
      })
  }

  /// 1 while the operation fails.
  func failing(_ operation: FirestoreOperation) -> Meter {
    guard let gauge = failures[operation] else { preconditionFailure("no gauge for \(operation)") }
    return gauge
  }

  /// - Parameter outcome: `synced`, `failed`, `deleted` or `error`.
  func told(_ outcome: String) -> Counter {
    guard let counter = tellings[outcome] else { preconditionFailure("no outcome \(outcome)") }
    return counter
  }
}
