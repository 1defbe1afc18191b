import NIOCore
import Testing

@testable import Broadcaster

@Suite("Congestion brake")
struct CongestionBrakeTests {
  private static func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds)
  }

  private static func reading(_ behind: Int, of subscribers: Int, _ bytes: Int = 0)
    -> CongestionBrake.Reading
  {
    CongestionBrake.Reading(behind: behind, subscribers: subscribers, outstandingBytes: bytes)
  }

  @Test("Nobody waits for a minority")
  func minority() {
    var brake = CongestionBrake()
    let waits = [(0, 0), (0, 10), (1, 2), (5, 10)].map { behind, subscribers in
      brake.shouldWait(Self.reading(behind, of: subscribers), now: Self.at(0))
    }
    #expect(waits == [false, false, false, false])
  }

  @Test("A majority is waited for while it gets on")
  func majority() {
    var brake = CongestionBrake()
    var bytes = 1_000_000
    for time in stride(from: Int64(0), to: 9_000, by: 200) {
      let waits = brake.shouldWait(Self.reading(6, of: 10, bytes), now: Self.at(time))
      #expect(waits)
      bytes -= 1
    }
    let waitsOn = brake.shouldWait(Self.reading(6, of: 10, bytes), now: Self.at(10_000))
    #expect(!waitsOn)
  }

  @Test("A majority that takes nothing is not waited for")
  func standstill() {
    var brake = CongestionBrake()
    let waits = [0, 249, 250].map {
      brake.shouldWait(Self.reading(1, of: 1, 500_000), now: Self.at($0))
    }
    #expect(waits == [true, true, false])
  }
}
