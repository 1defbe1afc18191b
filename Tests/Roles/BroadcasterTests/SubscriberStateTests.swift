import EventBus
import NIOCore
import Testing

@testable import Broadcaster

@Suite struct SubscriberStateTests {
  private static func id(_ number: Int) -> StreamID {
    StreamID(milliseconds: 1, sequence: UInt64(number))
  }

  private static func at(_ number: Int) -> JournalCursor { JournalCursor(id(number)) }

  private static func broadcast(_ range: ClosedRange<Int>) -> Broadcast {
    Broadcast(
      range.map { LiveMessage(id: id($0), payload: ByteBuffer(string: "{}")) },
      through: at(range.upperBound))
  }

  @Test func withoutAPositionOrWithTheNewestEverythingIsLive() {
    for after in [nil, Self.at(5)] {
      var state = SubscriberState(newest: Self.at(5), after: after, maximumHeldBytes: 100)
      #expect(state.phase == .live)
      #expect(state.received(Self.broadcast(6...7)) == .send)
      state.close()
      #expect(state.received(Self.broadcast(8...8)) == .drop)
    }
  }

  @Test func liveEventsWaitForTheReplayAndFollowItWithoutOverlap() {
    var state = SubscriberState(newest: Self.at(10), after: Self.at(2), maximumHeldBytes: 100)
    #expect(state.received(Self.broadcast(11...12)) == .keepBack)
    guard case .continue = state.replayed(through: Self.at(6)) else {
      Issue.record("the replay ended early")
      return
    }
    #expect(state.received(Self.broadcast(13...16)) == .keepBack)
    guard case .live(let held, let position) = state.replayed(through: Self.at(14)) else {
      Issue.record("the replay did not end")
      return
    }
    #expect(position == Self.at(14))
    #expect(held.map(\.end) == [Self.at(16)])
    #expect(state.received(Self.broadcast(17...18)) == .send)
  }

  @Test func whatTheJournalGaveAheadOfTheSequenceIsNotSentAgain() {
    var state = SubscriberState(newest: Self.at(10), after: Self.at(9), maximumHeldBytes: 100)
    guard case .live(let held, _) = state.replayed(through: Self.at(13)) else {
      Issue.record("the replay did not end")
      return
    }
    #expect(held.isEmpty)
    #expect(state.received(Self.broadcast(11...12)) == .drop)
    #expect(state.received(Self.broadcast(13...15)) == .sendRest(after: Self.at(13)))
    #expect(state.received(Self.broadcast(16...17)) == .send)
  }

  @Test func moreThanMayBeHeldIsReadFromTheJournal() {
    var state = SubscriberState(newest: Self.at(10), after: Self.at(9), maximumHeldBytes: 6)
    #expect(state.received(Self.broadcast(11...14)) == .keepBack)
    guard case .continue = state.replayed(through: Self.at(10)) else {
      Issue.record("the replay ended although events were dropped")
      return
    }
    #expect(state.received(Self.broadcast(15...15)) == .keepBack)
    guard case .live(let held, _) = state.replayed(through: Self.at(14)) else {
      Issue.record("the replay did not end")
      return
    }
    #expect(held.map(\.messages[0].id) == [Self.id(15)])
  }

  @Test func aSequenceThatBeginsAnewEndsTheReplay() {
    var state = SubscriberState(newest: Self.at(10), after: Self.at(2), maximumHeldBytes: 100)
    #expect(state.received(Self.broadcast(11...12)) == .keepBack)
    state.restarted()
    #expect(state.received(Self.broadcast(1...2)) == .send)
    guard case .stop = state.replayed(through: Self.at(20)) else {
      Issue.record("the replay goes on")
      return
    }
  }
}
