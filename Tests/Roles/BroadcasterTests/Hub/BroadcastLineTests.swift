import EventBus
import NIOCore
import Testing

@testable import Broadcaster

@Suite("Broadcast line")
struct BroadcastLineTests {
  private static func id(_ number: Int) -> StreamID {
    StreamID(milliseconds: 1, sequence: UInt64(number))
  }

  private static func message(_ number: Int) -> ChannelMessage {
    .journaled(id(number), ByteBuffer(repeating: 0x20, count: 100))
  }

  private static func live(_ range: ClosedRange<Int>) -> [LiveMessage] {
    range.map { LiveMessage(id: id($0), payload: ByteBuffer(repeating: 0x20, count: 100)) }
  }

  private static func sequence(_ line: inout BroadcastLine) -> [[UInt64]] {
    var frames: [[UInt64]] = []
    while let dispatch = line.next() {
      switch dispatch.content {
      case .events(let broadcast): frames.append(broadcast.messages.map(\.id.sequence))
      case .gap, .restart: frames.append([])
      }
    }
    return frames
  }

  private static func liveLine(last: Int, maximumPendingBytes: Int = 10_000) -> BroadcastLine {
    var line = BroadcastLine(maximumFrameSize: 350, maximumPendingBytes: maximumPendingBytes)
    let generation = line.subscribed()
    #expect(!line.isOpen)
    #expect(line.startsFromJournal(last: id(last), hasSubscribers: false) == false)
    #expect(line.finishCatchingUp(generation) == true)
    #expect(line.isOpen)
    return line
  }

  @Test("What waits goes out together, up to the size of a frame, each event once")
  func frames() {
    var line = Self.liveLine(last: 10)
    #expect(line.received([9, 10, 11, 12].map(Self.message)) == nil)
    #expect(line.received([12, 13, 14, 15].map(Self.message)) == nil)
    #expect(Self.sequence(&line) == [[11, 12, 13], [14, 15]])
    #expect(line.newest == Self.id(15))
    #expect(line.isDrained)
  }

  @Test("Behind a broken channel the journal comes first, then what was held")
  func catchUp() {
    var line = Self.liveLine(last: 0)
    _ = line.received([Self.message(1)])
    line.lost()
    #expect(!line.isOpen)
    _ = line.received([Self.message(2)])
    let generation = line.subscribed()
    _ = line.received([6, 7].map(Self.message))
    #expect(line.startsFromJournal(last: Self.id(6), hasSubscribers: true) == true)
    #expect(line.tail == Self.id(1))
    line.caughtUp(generation, with: Self.live(2...6), last: Self.id(6))
    #expect(line.finishCatchingUp(generation) == true)
    _ = line.received([Self.message(8)])
    #expect(Self.sequence(&line).joined().elementsEqual([1, 2, 3, 4, 5, 6, 7, 8]))
  }

  @Test("More than may wait is left in the journal")
  func overflow() throws {
    var line = Self.liveLine(last: 0, maximumPendingBytes: 500)
    #expect(line.received((1...5).map(Self.message)) == nil)
    let overflowed = line.received([Self.message(6)])
    let generation = try #require(overflowed)
    #expect(line.tail == Self.id(0))
    _ = line.received((7...20).map(Self.message))
    line.caughtUp(generation, with: Self.live(1...12), last: Self.id(12))
    // What came meanwhile was too much to hold, so the journal must be read on.
    #expect(line.finishCatchingUp(generation) == false)
    line.caughtUp(generation, with: Self.live(13...20), last: Self.id(20))
    #expect(line.finishCatchingUp(generation) == true)
    #expect(Self.sequence(&line).joined().elementsEqual(1...20))
  }

  @Test("A run of catching up that was overtaken changes nothing")
  func staleGeneration() {
    var line = Self.liveLine(last: 0)
    line.lost()
    let old = line.subscribed()
    line.lost()
    let new = line.subscribed()
    line.caughtUp(old, with: Self.live(1...2), last: Self.id(2))
    #expect(line.finishCatchingUp(old) == true)
    _ = line.received([Self.message(3)])
    #expect(line.isDrained)
    line.caughtUp(new, with: Self.live(1...2), last: Self.id(2))
    #expect(line.finishCatchingUp(new) == true)
    #expect(Self.sequence(&line).joined().elementsEqual([1, 2, 3]))
  }

  @Test("A gap goes out before what follows it; a restart begins positions anew")
  func gaps() {
    var line = Self.liveLine(last: 50)
    line.lost()
    let generation = line.subscribed()
    line.found(Gap(after: Self.id(50), first: Self.id(1)), isRestart: true, generation)
    line.caughtUp(generation, with: Self.live(1...2), last: Self.id(2))
    #expect(line.finishCatchingUp(generation) == true)
    #expect(Self.sequence(&line) == [[], [1, 2]])
    #expect(line.newest == Self.id(2))
  }
}
