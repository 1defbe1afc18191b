import EventBus
import NIOConcurrencyHelpers
import NIOCore
import ProgressBusTesting
import Testing
import WorkerRuntime

/// Answers that do not say whether the sink or an event is to blame.
@Suite struct SuspectBatchTests {
  private let events = WorkerFixture.payloads(0..<100)

  private func once(_ payloads: some Sequence<String>) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: payloads.map { ($0, 1) })
  }

  /// Fails any write with one of `bad` in it, as a server does that answers 500.
  private func fail(_ sink: RecordingSink, on bad: Set<String>) {
    sink.fail { bad.isDisjoint(with: $0) ? nil : .failed("status 500") }
  }

  @Test(arguments: [[0], [99], [0, 1, 50], [0, 25, 50, 75, 99], Array(10..<30)])
  func eventsBehindAServersErrorAreFoundAndTheOthersStored(bad: [Int]) async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(batchSize: 100, lanes: 1)
    let refused = Set(bad.map { events[$0] })
    fail(sink, on: refused)
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually(within: .seconds(60)) { try await fixture.lag() == 0 }
    }
    let deadLetters = try await fixture.deadLetters()
    #expect(Set(deadLetters.map { String(buffer: $0.payload) }) == refused)
    #expect(
      deadLetters.allSatisfy {
        $0.reason == "refused alone, while others are stored: status 500"
      })
    #expect(Set(sink.stored.keys) == Set(events).subtracting(refused))
  }

  @Test func theFirstEventOfAllHoldsNobodyUp() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(lanes: 1)
    fail(sink, on: [events[0]])
    try await fixture.publish([events[0]])
    try await fixture.running(fixture.worker(sink)) {
      try await eventually("it was tried") {
        sink.state.withLockedValue { $0.writes.count } > 3
      }
      try await fixture.publish([events[1]])
      try await eventually(within: .seconds(60)) { try await fixture.lag() == 0 }
    }
    #expect(sink.stored.keys.sorted() == [events[1]])
    #expect(try await fixture.deadLetters().count == 1)
  }

  @Test func anOutageThatAnswersCondemnsNobody() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(batchSize: 20, lanes: 2)
    try await fixture.running(fixture.worker(sink)) {
      try await fixture.publish([events[0]])
      try await eventually { sink.stored.count == 1 }
      sink.fail { _ in .failed("status 500") }
      try await fixture.publish(Array(events[1...]))
      try await eventually(within: .seconds(60), "it is tried again and again") {
        sink.state.withLockedValue { $0.writes.count } > 200
      }
      #expect(fixture.metric("progressbus_sink_up{sink=\"postgres\"}") == 0)
      sink.fail { _ in nil }
      try await eventually(within: .seconds(60)) { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test func aBatchThatTakesTooLongIsHalvedUntilItDoesNot() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(batchSize: 100, lanes: 1)
    sink.fail { $0.count > 7 ? .outOfTime("57014") : nil }
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually(within: .seconds(60)) { try await fixture.lag() == 0 }
    }
    #expect(sink.stored == once(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test func timeThatIsUpIsNoVerdictOnASingleEvent() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(batchSize: 10, lanes: 2)
    let slow = events[5]
    sink.fail { $0.contains(slow) ? .outOfTime("55P03") : nil }
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually(within: .seconds(60), "the slow one is left alone") {
        try await fixture.lag() < 10
          && sink.state.withLockedValue { $0.writes.suffix(20).allSatisfy { $0 == [slow] } }
      }
      #expect(try await fixture.deadLetters().isEmpty)
      sink.fail { _ in nil }
      try await eventually(within: .seconds(60)) { try await fixture.lag() == 0 }
    }
    #expect(sink.stored == once(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }
}
