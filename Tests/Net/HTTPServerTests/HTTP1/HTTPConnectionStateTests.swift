import NIOCore
import Testing

@testable import HTTPServer

struct HTTPConnectionStateTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private static func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

  @Test func eachPhaseHasItsDeadline() {
    var state = HTTPConnectionState(HTTPServerChannelConfiguration(), now: Self.at(0))
    #expect(state.expiry(now: Self.at(29)) == .notYet(Self.at(30)))
    #expect(state.expiry(now: Self.at(30)) == .close)
    state.requestBegan(isLast: false, now: Self.at(10))
    #expect(state.expiry(now: Self.at(40)) == .answerTimeout)
    state.requestEnded(now: Self.at(12))
    // An answer may take its time.
    #expect(state.expiry(now: Self.at(1000)) == .notYet(Self.at(1030)))
    #expect(state.responseBegan(isLast: false) == false)
    #expect(state.responseEnded(now: Self.at(1000)) == .keepAlive)
    #expect(state.expiry(now: Self.at(1075)) == .close)
  }

  @Test func aBodyThatGoesOnBehindItsAnswerIsCutWithoutASecondAnswer() {
    var state = HTTPConnectionState(HTTPServerChannelConfiguration(), now: Self.at(0))
    state.requestBegan(isLast: false, now: Self.at(0))
    #expect(state.responseBegan(isLast: false) == false)
    #expect(state.responseEnded(now: Self.at(1)) == .keepAlive)
    #expect(state.expiry(now: Self.at(30)) == .close)
  }

  @Test func aShutdownSetsADeadlineThatNoRequestMoves() {
    var state = HTTPConnectionState(HTTPServerChannelConfiguration(), now: Self.at(0))
    state.requestBegan(isLast: false, now: Self.at(0))
    state.shutdownBegan(until: Self.at(5))
    state.requestEnded(now: Self.at(4))
    #expect(state.expiry(now: Self.at(5)) == .close)
    #expect(state.responseBegan(isLast: false) == true)
    #expect(state.responseEnded(now: Self.at(5)) == .close)
  }
}
