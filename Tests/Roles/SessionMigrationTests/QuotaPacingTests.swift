import Sessions
import Testing

@testable import SessionMigration

struct QuotaPacingTests {
  @Test func writesOfAKindKeepTheirDistance() async {
    let pacing = QuotaPacing(perMinute: [.append: 3_000])
    let clock = ContinuousClock()
    let start = clock.now
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<11 { group.addTask { await pacing.pass(.append) } }
    }
    // Ten distances of 20 ms; a busy machine takes longer.
    #expect(clock.now - start >= .milliseconds(195))
  }

  @Test func everybodyWaitsWhenTheStoreAsksForIt() async {
    let pacing = QuotaPacing(perMinute: [:])
    let clock = ContinuousClock()
    await pacing.slowDown(.append, for: .milliseconds(80))
    let start = clock.now
    await pacing.pass(.session)
    #expect(clock.now - start >= .milliseconds(60))
    #expect(pacing.slowDowns == 1)
  }
}
