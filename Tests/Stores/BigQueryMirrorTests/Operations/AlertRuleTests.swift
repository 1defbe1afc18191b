import Testing

@testable import BigQueryMirror

@Suite("Alerts")
struct AlertRuleTests {
  @Test("Told when a limit is passed, again after ten minutes, and anew when it is passed anew")
  func told() {
    var rule = AlertRule(pendingLimit: 1_000, failedLimit: 10)
    let now = ContinuousClock.now
    #expect(rule.alerts(pending: 1_000, failed: 10, at: now) == [])
    #expect(rule.alerts(pending: 1_001, failed: 11, at: now) == [.pendingRows, .failedRows])
    #expect(rule.alerts(pending: 1_001, failed: 11, at: now + .seconds(599)) == [])
    #expect(rule.alerts(pending: 1_001, failed: 0, at: now + .seconds(600)) == [.pendingRows])
    #expect(rule.alerts(pending: 0, failed: 11, at: now + .seconds(601)) == [.failedRows])
  }
}
