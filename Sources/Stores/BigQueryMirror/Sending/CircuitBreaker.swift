import Concurrency

/// Spares a table whose calls fail, and the rows that would use up their attempts on it.
///
/// After a call that BigQuery did not answer, or refused, the table is left alone for a while; then a
/// few rows try whether it is back.
struct CircuitBreaker {
  /// Rows that are risked while it is not known whether BigQuery is back.
  static let probeSize = 10

  private(set) var consecutiveFailures = 0
  private var restsUntil: ContinuousClock.Instant?

  /// The rows to take at `now`; 0 while the table rests.
  func allowance(batchSize: Int, at now: ContinuousClock.Instant) -> Int {
    if let restsUntil, now < restsUntil { return 0 }
    return consecutiveFailures == 0 ? batchSize : min(batchSize, Self.probeSize)
  }

  mutating func recordSuccess() {
    consecutiveFailures = 0
    restsUntil = nil
  }

  /// - Parameter quiet: how long BigQuery wants to be left alone, when it said so.
  mutating func recordFailure(quiet: Duration?, at now: ContinuousClock.Instant) {
    consecutiveFailures += 1
    let rest = MirrorRetrySchedule.table.delay(afterFailures: consecutiveFailures)
    restsUntil = now + (quiet ?? rest)
  }
}

/// The circuit breakers of all tables.
actor CircuitBreakers {
  private var circuits: [String: CircuitBreaker] = [:]

  func allowance(_ table: String, batchSize: Int) -> Int {
    circuits[table, default: CircuitBreaker()].allowance(batchSize: batchSize, at: .now)
  }

  func record(_ report: DeliveryReport, for table: String) {
    if report.isUnavailable {
      circuits[table, default: CircuitBreaker()].recordFailure(quiet: report.quiet, at: .now)
    } else {
      circuits[table, default: CircuitBreaker()].recordSuccess()
    }
  }

  /// The tables whose calls failed at least so often in a row.
  func failing(times: Int) -> [String] {
    circuits.filter { $0.value.consecutiveFailures >= times }.map(\.key).sorted()
  }
}
