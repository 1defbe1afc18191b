import Concurrency
import Testing

@testable import BigQueryMirror

/// Waits between attempts.
@Suite struct MirrorRetryScheduleTests {
  @Test(arguments: [
    (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 96), (9, 128), (10, 160),
    (50, 1_440), (117, 3_584), (118, 3_600), (1_000, 3_600), (100_000_000, 3_600),
  ])
  func aRowWaitsLongerWithEachAttempt(attempts: Int, seconds: Int) {
    #expect(MirrorRetrySchedule.queue.delay(afterFailures: attempts) == .seconds(seconds))
  }

  @Test(
    arguments: [
      (1, nil, 0.0, 250), (1, nil, 1.0, 500), (2, nil, 0.0, 500), (2, nil, 1.0, 1_000),
      (1, 2, 0.0, 2_000), (1, 2, 0.5, 2_250), (1, 60, 0.0, 10_000),
    ] as [(Int, Int?, Double, Int)])
  func aCallWaitsHalfByChanceOrAsLongAsAsked(
    tries: Int, retryAfter: Int?, chance: Double, milliseconds: Int
  ) {
    #expect(
      MirrorRetrySchedule.call.delay(
        afterFailures: tries, retryAfter: retryAfter.map { .seconds($0) }, chance: chance)
        == .milliseconds(milliseconds))
  }

  @Test func theTenthAttemptIsTheLast() {
    func fate(attempts: Int) -> RowVerdict.Fate {
      RowVerdict.again(
        OutgoingRow(id: 1, attempts: attempts, element: []), reason: "backendError",
        maximumAttempts: 10
      ).fate
    }
    #expect(fate(attempts: 0) == .retry(after: .seconds(1), countsAsAttempt: true))
    #expect(fate(attempts: 8) == .retry(after: .seconds(128), countsAsAttempt: true))
    #expect(fate(attempts: 9) == .failed)
  }
}

/// Rows in a call.
@Suite struct BatchSizeTests {
  @Test(arguments: [
    (100, 500, 0, 100), (100, 500, 999, 100), (100, 500, 1_000, 500), (100, 100, 1_000, 100),
    (500, 100, 2_000, 500),
  ])
  func aLongQueueGetsTheLargerBatch(usual: Int, backlog: Int, milliseconds: Int, expected: Int) {
    let size = BatchSize.rows(
      usual: usual, backlog: backlog, sendingFor: .milliseconds(milliseconds))
    #expect(size == expected)
  }
}

/// Circuit breaker.
@Suite struct CircuitBreakerTests {
  @Test func aFailingTableRestsAndThenRisksAFewRows() {
    var circuit = CircuitBreaker()
    let now = ContinuousClock.now
    #expect(circuit.allowance(batchSize: 100, at: now) == 100)
    circuit.recordFailure(quiet: nil, at: now)
    #expect(circuit.allowance(batchSize: 100, at: now) == 0)
    #expect(circuit.allowance(batchSize: 100, at: now + .seconds(1)) == CircuitBreaker.probeSize)
    circuit.recordFailure(quiet: .seconds(600), at: now)
    #expect(circuit.allowance(batchSize: 100, at: now + .seconds(599)) == 0)
    circuit.recordSuccess()
    #expect(circuit.allowance(batchSize: 100, at: now) == 100)
  }
}

/// When rows are sent.
@Suite struct DispatchRuleTests {
  @Test(
    arguments: [
      (99, 29.9, false, false), (100, 0, false, true), (1, 30, false, true), (1, 0, true, true),
    ] as [(Int, Double, Bool, Bool)])
  func rowsAreDueWhenABatchIsFullOrTheIntervalIsOver(
    rowCount: Int, waited: Double, hasTriedRows: Bool, isDue: Bool
  ) {
    let readiness = TableReadiness(
      sourceTable: "t", rowCount: rowCount, hasTriedRows: hasTriedRows, waited: .seconds(waited))
    #expect(
      DispatchRule.isDue(readiness, batchSize: 100, interval: .seconds(30)) == isDue)
  }
}

/// Alerts.
@Suite struct AlertRuleTests {
  @Test func anAlertIsToldAgainAfterTenMinutes() {
    var rule = AlertRule(pendingLimit: 1_000, failedLimit: 10)
    let now = ContinuousClock.now
    #expect(rule.alerts(pending: 1_000, failed: 10, at: now) == [])
    #expect(rule.alerts(pending: 1_001, failed: 11, at: now) == [.pendingRows, .failedRows])
    #expect(rule.alerts(pending: 1_001, failed: 11, at: now + .seconds(599)) == [])
    #expect(rule.alerts(pending: 1_001, failed: 0, at: now + .seconds(600)) == [.pendingRows])
    #expect(rule.alerts(pending: 0, failed: 11, at: now + .seconds(601)) == [.failedRows])
  }
}
