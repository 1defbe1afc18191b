import Testing
import WorkerRuntime

@Suite struct RetryScheduleTests {
  private let schedule = RetrySchedule(
    base: .milliseconds(100), cap: .seconds(5), longestRetryAfter: .seconds(60))

  @Test(arguments: [
    (1, 0.0, 0), (1, 0.5, 50), (1, 1.0, 100), (2, 1.0, 200), (3, 0.5, 200), (6, 1.0, 3_200),
    (7, 1.0, 5_000), (1_000_000, 1.0, 5_000), (1_000_000, 0.25, 1_250),
  ])
  func doublesUpToItsCap(failures: Int, jitter: Double, milliseconds: Int) {
    #expect(
      schedule.delay(afterFailures: failures, jitter: jitter) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    (Duration.seconds(2), 0.0, 2_000), (.seconds(2), 0.5, 2_050), (.seconds(3_600), 0.0, 60_000),
    (.zero, 0.5, 50), (.seconds(-1), 0.5, 50),
  ])
  func waitsAtLeastAsLongAsAsked(retryAfter: Duration, jitter: Double, milliseconds: Int) {
    #expect(
      schedule.delay(afterFailures: 1, retryAfter: retryAfter, jitter: jitter)
        == .milliseconds(milliseconds))
  }
}
