import NIOCore
import Testing

@testable import EventBus

@Suite struct BackoffTests {
  @Test func growsToItsCeilingAndStartsAnewAfterASuccess() {
    var backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
    var ceilings: [TimeAmount] = []
    for _ in 1...7 {
      ceilings.append(backoff.ceiling)
      let delay = backoff.nextDelay()
      #expect(delay >= .zero && delay <= ceilings.last!)
    }
    #expect(ceilings == [50, 100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    backoff.succeeded()
    #expect(backoff.ceiling == .milliseconds(50))
  }

  @Test func spreadsOverTheWholeRange() {
    var delays: [Int64] = []
    for _ in 1...200 {
      var backoff = Backoff(first: .seconds(1), longest: .seconds(1))
      delays.append(backoff.nextDelay().nanoseconds)
    }
    #expect(delays.min()! < 250_000_000 && delays.max()! > 750_000_000)
  }
}
