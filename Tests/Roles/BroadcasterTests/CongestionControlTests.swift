import NIOCore
import Testing

@testable import Broadcaster

@Suite struct CongestionControlTests {
  private static func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds)
  }

  private static func reading(_ behind: Int, of subscribers: Int) -> CongestionControl.Reading {
    CongestionControl.Reading(subscribers: subscribers, behind: behind)
  }

  @Test(arguments: [
    (0, 0), (0, 10), (1, 2), (1, 9), (8, 9), (2, 3), (1, 10), (5, 10), (20, 200), (100, 200),
  ]) func nobodyWhoIsOnTimeWaitsForOthers(behind: Int, subscribers: Int) {
    var congestion = CongestionControl()
    let waits = congestion.shouldWait(Self.reading(behind, of: subscribers), now: Self.at(0))
    #expect(!waits)
  }

  @Test(arguments: [(1, 1), (9, 9), (6, 10), (101, 200)])
  func mostOfManyAndAllOfAFewAreWaitedForButNotForEver(behind: Int, subscribers: Int) {
    var congestion = CongestionControl()
    let waits = [0, 9_999, 10_000, 10_001].map {
      congestion.shouldWait(Self.reading(behind, of: subscribers), now: Self.at($0))
    }
    #expect(waits == [true, true, false, true])
  }

  @Test func aSubscriberReadsOnAsLongAsItTakesSomethingEveryQuarterOfASecond() {
    var progress = BacklogProgress(outstandingBytes: 1000, now: Self.at(0))
    var results = [progress.isProgressing(outstandingBytes: 1000, now: Self.at(100))]
    progress.sent(500)
    results.append(progress.isProgressing(outstandingBytes: 1400, now: Self.at(240)))
    progress.sent(500)
    results.append(progress.isProgressing(outstandingBytes: 1900, now: Self.at(480)))
    results.append(progress.isProgressing(outstandingBytes: 1900, now: Self.at(490)))
    #expect(results == [true, true, true, false])
  }
}
