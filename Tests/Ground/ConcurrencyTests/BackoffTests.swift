import Concurrency
import SeededRandom
import Testing

@Suite struct BackoffTests {
  private let backoff = Backoff(
    first: .milliseconds(100), longest: .seconds(5), longestRetryAfter: .seconds(60))

  @Test(arguments: [
    (1, 0.0, 0), (1, 0.5, 50), (1, 1.0, 100), (2, 1.0, 200), (3, 0.5, 200), (6, 1.0, 3_200),
    (7, 1.0, 5_000), (1_000_000, 1.0, 5_000), (1_000_000, 0.25, 1_250), (.max, 1.0, 5_000),
  ])
  func doublesUpToItsLongestWait(failures: Int, chance: Double, milliseconds: Int) {
    #expect(
      backoff.delay(afterFailures: failures, chance: chance) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    (Backoff.Jitter.full, 0.0, 0), (.full, 0.5, 500), (.half, 0.0, 500), (.half, 0.5, 750),
    (.none, 0.0, 1_000), (.none, 0.5, 1_000),
  ])
  func leavesAPartOfEachWaitToChance(jitter: Backoff.Jitter, chance: Double, milliseconds: Int) {
    let backoff = Backoff(first: .seconds(1), longest: .seconds(8), jitter: jitter)
    #expect(backoff.delay(afterFailures: 1, chance: chance) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    (1, 1), (2, 2), (3, 4), (4, 8), (5, 12), (6, 16), (249, 988), (250, 992), (1_000, 1_000),
    (Int.max, 1_000),
  ])
  func growsEvenlyAfterItsLastDoubling(failures: Int, seconds: Int) {
    let backoff = Backoff(first: .seconds(1), longest: .seconds(1_000), doublings: 2)
    #expect(backoff.bound(afterFailures: failures) == .seconds(seconds))
  }

  @Test(arguments: [
    (Duration.seconds(2), 0.0, 2_000), (.seconds(2), 0.5, 2_050), (.seconds(3_600), 0.0, 60_000),
    (.zero, 0.5, 50), (.seconds(-1), 0.5, 50),
  ])
  func waitsAtLeastAsLongAsAsked(retryAfter: Duration, chance: Double, milliseconds: Int) {
    #expect(
      backoff.delay(afterFailures: 1, retryAfter: retryAfter, chance: chance)
        == .milliseconds(milliseconds))
  }

  @Test func spreadsOverTheWholeRangeAndRepeatsItselfForASeed() {
    let waits = waits(seed: 1)
    #expect(waits.min()! < .milliseconds(25) && waits.max()! > .milliseconds(75))
    #expect(waits == self.waits(seed: 1))
    #expect(waits != self.waits(seed: 2))
  }

  private func waits(seed: UInt64) -> [Duration] {
    var random = SeededGenerator(seed: seed)
    return (0..<200).map { _ in backoff.delay(afterFailures: 1, using: &random) }
  }

  @Test func retriesStartAnewAfterASuccess() {
    var retries = Retries(Backoff(first: .milliseconds(50), longest: .seconds(1), jitter: .none))
    let waits = (1...7).map { _ in retries.failed() }
    #expect(waits == [50, 100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    #expect(retries.failures == 7)
    retries.succeeded()
    #expect(retries.failures == 0)
    #expect(retries.failed() == .milliseconds(50))
  }
}
