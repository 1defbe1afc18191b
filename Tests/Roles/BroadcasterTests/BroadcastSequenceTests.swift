import EventBus
import NIOCore
import Testing

@testable import Broadcaster

@Suite struct BroadcastSequenceTests {
  private static func id(_ number: Int) -> StreamID {
    StreamID(milliseconds: 1, sequence: UInt64(number))
  }

  private static func at(_ number: Int) -> JournalCursor { JournalCursor(id(number)) }

  private static func message(_ number: Int) -> ChannelMessage {
    .journaled(id(number), ByteBuffer(repeating: 0x20, count: 100))
  }

  private static func live(_ range: ClosedRange<Int>) -> [LiveMessage] {
    range.map { LiveMessage(id: id($0), payload: ByteBuffer(repeating: 0x20, count: 100)) }
  }

  private static func sentFrames(_ sequence: inout BroadcastSequence) -> [[UInt64]] {
    var frames: [[UInt64]] = []
    while let dispatch = sequence.next() {
      switch dispatch.content {
      case .events(let broadcast): frames.append(broadcast.messages.map(\.id.sequence))
      case .gap, .restart: frames.append([])
      }
    }
    return frames
  }

  private static func liveSequence(last: Int, maximumPendingBytes: Int = 10_000)
    -> BroadcastSequence
  {
    var sequence = BroadcastSequence(
      maximumFrameSize: 350, maximumPendingBytes: maximumPendingBytes)
    let generation = sequence.subscribed()
    #expect(!sequence.isOpen)
    #expect(sequence.startsFromJournal(last: at(last), hasSubscribers: false) == false)
    #expect(sequence.finishCatchingUp(generation) == true)
    #expect(sequence.isOpen)
    return sequence
  }

  @Test func whatWaitsGoesOutTogetherUpToTheSizeOfAFrameEachEventOnce() {
    var sequence = Self.liveSequence(last: 10)
    #expect(sequence.received([9, 10, 11, 12].map(Self.message)) == nil)
    #expect(sequence.received([12, 13, 14, 15].map(Self.message)) == nil)
    #expect(Self.sentFrames(&sequence) == [[11, 12, 13], [14, 15]])
    #expect(sequence.newest == Self.at(15))
    #expect(sequence.isDrained)
  }

  @Test func behindABrokenChannelTheJournalComesFirstThenWhatWasHeld() {
    var sequence = Self.liveSequence(last: 0)
    _ = sequence.received([Self.message(1)])
    sequence.lost()
    #expect(!sequence.isOpen)
    _ = sequence.received([Self.message(2)])
    let generation = sequence.subscribed()
    _ = sequence.received([6, 7].map(Self.message))
    #expect(sequence.startsFromJournal(last: Self.at(6), hasSubscribers: true) == true)
    #expect(sequence.tail == Self.at(1))
    sequence.caughtUp(generation, with: Self.live(2...6), last: Self.at(6))
    #expect(sequence.finishCatchingUp(generation) == true)
    _ = sequence.received([Self.message(8)])
    #expect(Self.sentFrames(&sequence).joined().elementsEqual([1, 2, 3, 4, 5, 6, 7, 8]))
  }

  @Test func moreThanMayWaitIsLeftInTheJournal() throws {
    var sequence = Self.liveSequence(last: 0, maximumPendingBytes: 500)
    #expect(sequence.received((1...5).map(Self.message)) == nil)
    let overflowed = sequence.received([Self.message(6)])
    let generation = try #require(overflowed)
    #expect(sequence.tail == Self.at(0))
    _ = sequence.received((7...20).map(Self.message))
    sequence.caughtUp(generation, with: Self.live(1...12), last: Self.at(12))
    // What came meanwhile was too much to hold, so the journal must be read on.
    #expect(sequence.finishCatchingUp(generation) == false)
    sequence.caughtUp(generation, with: Self.live(13...20), last: Self.at(20))
    #expect(sequence.finishCatchingUp(generation) == true)
    #expect(Self.sentFrames(&sequence).joined().elementsEqual(1...20))
  }

  @Test func aRunOfCatchingUpThatWasOvertakenChangesNothing() {
    var sequence = Self.liveSequence(last: 0)
    sequence.lost()
    let old = sequence.subscribed()
    sequence.lost()
    let new = sequence.subscribed()
    sequence.caughtUp(old, with: Self.live(1...2), last: Self.at(2))
    #expect(sequence.finishCatchingUp(old) == true)
    _ = sequence.received([Self.message(3)])
    #expect(sequence.isDrained)
    sequence.caughtUp(new, with: Self.live(1...2), last: Self.at(2))
    #expect(sequence.finishCatchingUp(new) == true)
    #expect(Self.sentFrames(&sequence).joined().elementsEqual([1, 2, 3]))
  }

  @Test func aGapGoesOutBeforeWhatFollowsItARestartBeginsPositionsAnew() {
    var sequence = Self.liveSequence(last: 50)
    sequence.lost()
    let generation = sequence.subscribed()
    sequence.found(Gap(after: Self.id(50), first: Self.id(1)), isRestart: true, generation)
    sequence.caughtUp(generation, with: Self.live(1...2), last: Self.at(2))
    #expect(sequence.finishCatchingUp(generation) == true)
    #expect(Self.sentFrames(&sequence) == [[], [1, 2]])
    #expect(sequence.newest == Self.at(2))
  }
}
