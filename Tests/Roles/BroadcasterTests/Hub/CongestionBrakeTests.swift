import NIOCore
import Testing

@testable import Broadcaster

@Suite("Congestion brake")
struct CongestionBrakeTests {
  private static func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds)
  }

  private static func reading(_ behind: Int, of subscribers: Int) -> CongestionBrake.Reading {
    CongestionBrake.Reading(subscribers: subscribers, behind: behind)
  }

  @Test("Nobody waits for a few")
  func few() {
    var brake = CongestionBrake()
    let waits = [(0, 0), (0, 10), (1, 10), (20, 200)].map { behind, subscribers in
      brake.shouldWait(Self.reading(behind, of: subscribers), now: Self.at(0))
    }
    #expect(waits == [false, false, false, false])
  }

  @Test("Many are waited for, but not for ever")
  func many() {
    var brake = CongestionBrake()
    let waits = [0, 9_999, 10_000, 10_001].map {
      brake.shouldWait(Self.reading(2, of: 10), now: Self.at($0))
    }
    #expect(waits == [true, true, false, true])
  }

  @Test("A subscriber gets on as long as it takes something every quarter of a second")
  func backlog() {
    var watch = BacklogWatch(outstandingBytes: 1000, now: Self.at(0))
    var results = [watch.getsOn(outstandingBytes: 1000, now: Self.at(100))]
    watch.sent(500)
    results.append(watch.getsOn(outstandingBytes: 1400, now: Self.at(240)))
    watch.sent(500)
    results.append(watch.getsOn(outstandingBytes: 1900, now: Self.at(480)))
    results.append(watch.getsOn(outstandingBytes: 1900, now: Self.at(490)))
    #expect(results == [true, true, true, false])
  }
}
