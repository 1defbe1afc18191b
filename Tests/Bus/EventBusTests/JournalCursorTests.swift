import EventBus
import Testing

@Suite struct JournalCursorTests {
  private func id(_ partition: UInt16, _ milliseconds: UInt64) -> StreamID {
    StreamID(milliseconds: milliseconds, sequence: 0, partition: partition)
  }

  @Test func ofOneStreamItIsAStreamID() throws {
    let cursor = try #require(JournalCursor("17-3", partitions: 1))
    #expect(cursor.description == "17-3")
    #expect(cursor == JournalCursor(StreamID(milliseconds: 17, sequence: 3)))
    for text in ["17-3_18-0", "1:17-3", "", "_"] {
      #expect(JournalCursor(text, partitions: 1) == nil, "\(text)")
    }
  }

  @Test func ofPartitionsItHoldsThePlaceInEach() throws {
    let cursor = try #require(JournalCursor("17-3_0-0_18-0", partitions: 3))
    #expect(cursor.description == "17-3_0-0_18-0")
    #expect(cursor[0] == StreamID(milliseconds: 17, sequence: 3, partition: 1))
    #expect(cursor[2] == id(3, 18))
    #expect(JournalCursor("0-0", partitions: 3) == JournalCursor(partitions: 3))
    for text in [
      "17-3", "3:17-3", "17-3_18-0", "17-3_18-0_19-0_20-0", "17-3__18-0", "1:1-0_2-0_3-0",
    ] {
      #expect(JournalCursor(text, partitions: 3) == nil, "\(text)")
    }
  }

  @Test func itGoesOnInEachPartitionAndNeverBack() {
    var cursor = JournalCursor(partitions: 2)
    cursor.advance(to: id(2, 9))
    cursor.advance(to: id(2, 7))
    #expect(cursor.description == "0-0_9-0")
    #expect(cursor.includes(id(2, 9)) && !cursor.includes(id(2, 10)) && !cursor.includes(id(1, 1)))
    #expect(cursor.covers(id(1, 1)) && !cursor.covers(id(3, 1)) && !cursor.covers(id(0, 1)))
    var other = JournalCursor(partitions: 2)
    other.advance(to: id(1, 4))
    #expect(!cursor.includes(other) && !other.includes(cursor))
    other.advance(to: cursor)
    #expect(other.includes(cursor) && other.description == "4-0_9-0")
  }

  /// A sink is as far as it is where it is furthest behind.
  @Test func theStatesOfPartitionsAddUp() {
    func group(_ last: StreamID, pending: Int, undelivered: Int?) -> JournalState.Group {
      JournalState.Group(
        name: "g", lastDelivered: last, oldestPending: pending > 0 ? last : nil, pending: pending,
        undelivered: undelivered)
    }
    let behind = JournalState(
      entries: 10, first: id(1, 1), last: id(1, 10),
      groups: [group(id(1, 4), pending: 2, undelivered: 6)])
    let done = JournalState(
      entries: 5, first: id(2, 3), last: id(2, 30),
      groups: [group(id(2, 30), pending: 1, undelivered: nil)])
    let state = JournalState(ofPartitions: [behind, done])
    #expect(state.entries == 15 && state.first == id(1, 1) && state.last == id(2, 30))
    #expect(
      state.groups == [
        JournalState.Group(
          name: "g", lastDelivered: id(1, 4), oldestPending: id(1, 4), pending: 3, undelivered: 6)
      ])
    #expect(state.lag(of: state.groups[0]) == 9)
    let all = JournalState(ofPartitions: [done, done])
    #expect(all.lag(of: all.groups[0]) == 2)
    let unmade = JournalState(
      entries: 3, first: id(1, 1), last: id(1, 3), groups: [])
    let part = JournalState(ofPartitions: [unmade, done])
    #expect(part.lag(of: part.groups[0]) == 4, "a group that is still to be made has read nothing")
  }
}
