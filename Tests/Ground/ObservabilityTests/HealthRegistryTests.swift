import NIOConcurrencyHelpers
import Observability
import Testing

@Suite struct HealthRegistryTests {
  @Test func reportsEachCheckAndTheWorst() async throws {
    let health = HealthRegistry()
    await health.register("bus", isRequired: true) { HealthCheckResult(.ok) }
    await health.register("sink.postgres", isRequired: false) {
      HealthCheckResult(.down, detail: "connection refused")
    }
    let report = await health.report()
    #expect(report.isReady)
    #expect(
      String(decoding: try report.json(), as: UTF8.self)
        == #"{"checks":{"bus":{"status":"ok"},"sink.postgres":{"detail":"connection refused","#
        + #""status":"down"}},"status":"degraded"}"#)
  }

  @Test func aRequiredCheckThatIsDownTakesTheProcessDown() async {
    let health = HealthRegistry()
    await health.register("bus", isRequired: true) { HealthCheckResult(.down) }
    #expect(await health.report().status == .down)
    #expect(await health.report().isReady == false)
  }

  @Test func noChecksAreFine() async {
    #expect(await HealthRegistry().report().status == .ok)
  }

  @Test func aCheckThatHangsMeetsItsDeadlineAndRunsOnce() async {
    let starts = NIOLockedValueBox(0)
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let health = HealthRegistry()
    await health.register("stuck", isRequired: true, deadline: .milliseconds(20)) {
      starts.withLockedValue { $0 += 1 }
      // Does not heed cancellation.
      await Task.detached { for await _ in gate { return } }.value
      return HealthCheckResult(.ok)
    }
    for _ in 0..<3 {
      let result = await health.report().checks["stuck"]
      #expect(result?.status == .down)
      #expect(result?.detail?.contains("no answer") == true)
    }
    #expect(starts.withLockedValue { $0 } == 1)
    opener.finish()
  }
}
