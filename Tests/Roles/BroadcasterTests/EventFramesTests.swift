import EventBus
import JSONText
import NIOCore
import Testing

@testable import Broadcaster

@Suite struct EventFramesTests {
  private static func payload(_ frame: ByteBuffer, headerLength: Int) -> String {
    String(
      buffer: frame.getSlice(
        at: headerLength, length: frame.readableBytes - headerLength)!)
  }

  @Test func eventsStandOneALine() {
    let frame = EventFrames.frame(
      [ByteBuffer(string: "{1}"), ByteBuffer(string: "{2}")], through: JournalCursor(.zero))
    #expect(Array(frame.readableBytesView.prefix(2)) == [0x81, 7])
    #expect(Self.payload(frame, headerLength: 2) == "{1}\n{2}")
  }

  @Test func framesKeepToTheirSizeButAnEventIsNeverSplit() {
    func frames(_ sizes: [Int]) -> [ByteBuffer] {
      EventFrames.frames(
        sizes.enumerated().map { number, size in
          LiveMessage(
            id: StreamID(milliseconds: 1, sequence: UInt64(number)),
            payload: ByteBuffer(repeating: 0x61, count: size))
        }, from: JournalCursor(.zero), through: JournalCursor(.zero), maximumSize: 25)
    }
    let sizes = frames([10, 10, 10, 200, 5]).map(\.readableBytes)
    #expect(sizes == [2 + 21, 2 + 10, 4 + 200, 2 + 5])
    #expect(frames([]).isEmpty)
  }

  @Test func anEntryOfTheJournalLooksAsItDidOnTheChannelUnlessOneSinkAloneIsToHaveIt() throws {
    let id = StreamID(milliseconds: 7, sequence: 1)
    let entry = JournalEntry(id: id, eventType: "x", payload: ByteBuffer(string: #"{"a":1}"#))
    let message = try #require(LiveMessage(entry))
    #expect(String(buffer: message.payload) == #"{"stream_id":"7-1","a":1}"#)
    #expect(
      LiveMessage(
        JournalEntry(id: id, eventType: "x", payload: entry.payload, target: "influxdb")) == nil)
  }

  @Test func aFilterTakesItsCoursesFromTheTopLevelAndNoFrameIsMadeOfNothing() {
    let payloads = [
      #"{"course_id":"a"}"#, #"{"x":{"course_id":"a"}}"#, #"{"x":"course_id","course_id":"b"}"#,
      #"{"course_id":"\u0061"}"#, "no JSON",
    ]
    let broadcast = Broadcast(
      payloads.enumerated().map {
        LiveMessage(
          id: StreamID(milliseconds: 1, sequence: UInt64($0)), payload: ByteBuffer(string: $1))
      }, through: JournalCursor(StreamID(milliseconds: 1, sequence: 4)))
    #expect(broadcast.selection(for: .all).count == 5)
    #expect(broadcast.selection(for: .courses([ExactText("a")])).count == 2)
    #expect(broadcast.selection(for: .courses([ExactText("default"), ExactText("b")])).count == 2)
    #expect(broadcast.selection(for: .courses([ExactText("c")])).frame == nil)
    let rest = broadcast.selection(
      for: .courses([ExactText("a")]), after: JournalCursor(StreamID(milliseconds: 1, sequence: 0)))
    #expect(rest.frame.map { Self.payload($0, headerLength: 2) } == payloads[3])
  }
}
