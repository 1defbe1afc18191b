import Concurrency
import Testing

@Suite struct DurationsTests {
  @Test(
    arguments: [
      (Duration.zero, 0), (.nanoseconds(1), 1), (.seconds(2) + .nanoseconds(3), 2_000_000_003),
      (.milliseconds(-1), -1_000_000), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
      (.seconds(9_223_372_036) + .milliseconds(900), .max),
    ] as [(Duration, Int64)])
  func nanosecondsAreClampedToWhatTheyCanHold(duration: Duration, nanoseconds: Int64) {
    #expect(duration.wholeNanoseconds == nanoseconds)
  }

  @Test(
    arguments: [
      (Duration.zero, 0, 0), (.microseconds(1), 0, 1), (.milliseconds(1), 1, 1),
      (.milliseconds(1) + .nanoseconds(1), 1, 2), (.seconds(90), 90_000, 90_000),
      (.milliseconds(-5), -5, -5),
    ] as [(Duration, Int64, Int)])
  func millisecondsAreRoundedEitherWay(duration: Duration, down: Int64, up: Int) {
    #expect(duration.wholeMilliseconds == down)
    #expect(duration.millisecondsRoundedUp == up)
  }
}
