import API
import EventBus
import Testing

struct StoredPositionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var first: String?
    var last = "9-0"
    let delivered: String
    var pending: String?
    let expected: String
  }

  @Test(arguments: [
    Case(testDescription: "all stored", first: "5-0", delivered: "9-0", expected: "9-0"),
    Case(testDescription: "all stored and trimmed", delivered: "9-0", expected: "9-0"),
    Case(testDescription: "some not read yet", first: "5-0", delivered: "7-0", expected: "7-0"),
    Case(
      testDescription: "some read but not stored", first: "5-0", delivered: "9-0", pending: "8-2",
      expected: "8-1"),
    Case(
      testDescription: "the first of a millisecond", first: "5-0", delivered: "9-0",
      pending: "8-0", expected: "7-18446744073709551615"),
    Case(
      testDescription: "nothing stored", first: "5-0", delivered: "9-0", pending: "5-0",
      expected: "0-0"),
    Case(
      testDescription: "what is stored was trimmed", first: "8-0", delivered: "7-0",
      expected: "0-0"),
  ]) func position(_ example: Case) throws {
    let state = JournalState(
      entries: 1, first: example.first.flatMap(StreamID.init),
      last: try #require(StreamID(example.last)),
      groups: [
        .init(
          name: "postgres", lastDelivered: try #require(StreamID(example.delivered)),
          oldestPending: example.pending.flatMap(StreamID.init),
          pending: example.pending == nil ? 0 : 1, undelivered: nil)
      ])
    #expect(state.storedPosition(of: "postgres")?.description == example.expected)
    #expect(state.storedPosition(of: "influxdb") == nil)
  }
}
