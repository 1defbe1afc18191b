import Events
import Testing

struct SenderClockTests {
  private static let now = Timestamp(microseconds: 1_800_000_000_000_000)

  private func moment(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: Self.now.microseconds + Int64(seconds * 1_000_000))
  }

  @Test(arguments: [0, -119, -120, 9, 10] as [Double]) func aClockThatIsNearlyRightIsRight(
    seconds: Double
  ) {
    #expect(SenderClock(saying: moment(seconds), at: Self.now) == .right)
    #expect(!SenderClock.isInDoubt(moment(seconds), receivedAt: Self.now))
  }

  @Test(arguments: [-121, -600, -86_400 * 365 * 56, 11, 7200, 86_400] as [Double])
  func whatAWrongClockSaysIsMovedByItsFault(seconds: Double) {
    let clock = SenderClock(saying: moment(seconds), at: Self.now)
    #expect(clock != .right)
    #expect(SenderClock.isInDoubt(moment(seconds), receivedAt: Self.now))
    #expect(clock.moment(of: moment(seconds), receivedAt: Self.now) == Self.now)
    #expect(clock.moment(of: moment(seconds - 30), receivedAt: Self.now) == moment(-30))
  }

  @Test func aRightClockMayTellWhatIsLongAgoButNothingOfTheFuture() {
    #expect(
      SenderClock.right.moment(of: moment(-86_400), receivedAt: Self.now) == moment(-86_400))
    #expect(SenderClock.right.moment(of: moment(10), receivedAt: Self.now) == moment(10))
    #expect(SenderClock.right.moment(of: moment(11), receivedAt: Self.now) == nil)
  }

  @Test func noMomentThatAnEventMaySayOverflows() {
    let oldest = Timestamp.pointTimes.lowerBound
    let clocks = [
      SenderClock(saying: Timestamp.writable.lowerBound, at: Self.now),
      SenderClock(saying: moment(86_400), at: Self.now),
    ]
    for clock in clocks {
      for said in [oldest, moment(86_400)] {
        let moment = clock.moment(of: said, receivedAt: Self.now) ?? Self.now
        #expect(Timestamp.writable.contains(moment))
      }
    }
  }
}
