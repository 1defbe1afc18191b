import EventBus
import NIOConcurrencyHelpers
import NIOCore
import ProgressBusTesting
import Testing

@testable import WorkerRuntime

@Suite struct HandPublishedAdopterTests {
  @Test func manyWorkersAdoptEachMessageOnceAndInOrder() async throws {
    let fixture = WorkerFixture()
    let workers = (0..<3).map { _ in fixture.worker() }
    let messages = (0..<200).map { "{\"n\":\($0 / 2)}" }
    let runs = workers.map { worker in Task { try await worker.run() } }
    let probe = SubscriptionProbe()
    let listening = Task {
      await fixture.bus.listen(workers.map(\.channelListener) + [probe])
    }
    try await eventually { probe.isSubscribed }
    for message in messages { try fixture.bus.publishByHand(ByteBuffer(string: message)) }
    try fixture.bus.publishByHand(ByteBuffer(string: "hello"))
    try await eventually { try await fixture.deadLetters().count == 1 }
    for run in runs { run.cancel() }
    for run in runs { try await run.value }
    listening.cancel()

    let entries = try await fixture.bus.entries(after: .zero, limit: 1_000)
    #expect(entries.map { String(buffer: $0.payload) } == messages)
    let deadLetter = try #require(try await fixture.deadLetters().first)
    #expect(
      deadLetter
        == DeadLetter(
          sink: "bus", reason: "no JSON object", attempts: 1, eventType: "",
          payload: ByteBuffer(string: "hello")))
    #expect(fixture.metric("progressbus_adopted_total") == 200)
    #expect(fixture.metric("progressbus_adoption_rejected_total") == 1)
    #expect(fixture.metric("progressbus_dead_letters_total{sink=\"bus\"}") == 1)
  }

  @Test func triesTheSameEventAgainBeforeTheNext() async throws {
    let fixture = WorkerFixture()
    let register = FlakyRegister(failures: 3)
    let worker = fixture.worker(register: register, decoder: NumberingDecoder())
    try await fixture.running(worker) {
      for ordinal in 1...2 {
        worker.channelListener.channelReceived([
          .handPublished(AdoptionTicket(mark: "m", ordinal: ordinal), ByteBuffer(string: "{}"))
        ])
      }
      try await eventually { register.calls.count == 5 }
    }
    #expect(register.calls == ["1:id-1", "1:id-1", "1:id-1", "1:id-1", "2:id-2"])
  }

  @Test func aMessageThatTheBusCannotTakeDoesNotHoldUpTheNext() async throws {
    let fixture = WorkerFixture()
    let register = FlakyRegister(failures: 10, error: .unexpected("ERR"))
    let worker = fixture.worker(register: register, decoder: NumberingDecoder())
    try await fixture.running(worker) {
      for ordinal in 1...2 {
        worker.channelListener.channelReceived([
          .handPublished(AdoptionTicket(mark: "m", ordinal: ordinal), ByteBuffer(string: "{}"))
        ])
      }
      try await eventually { register.calls.last == "2:id-2" }
    }
    #expect(fixture.metric("progressbus_adoption_dropped_total") == 1)
  }

  /// It may be nobody's.
  @Test func aMessageThatWasHeardWhereNobodyListensAnyMoreIsCounted() async throws {
    let fixture = WorkerFixture()
    let register = FlakyRegister(failures: 0, answer: .heardElsewhere)
    let worker = fixture.worker(register: register, decoder: NumberingDecoder())
    try await fixture.running(worker) {
      worker.channelListener.channelReceived([
        .handPublished(AdoptionTicket(mark: "m", ordinal: 1), ByteBuffer(string: "{}"))
      ])
      try await eventually { fixture.metric("progressbus_adoption_dropped_total") == 1 }
    }
    #expect(fixture.metric("progressbus_adopted_total") == 0)
    #expect(register.calls == ["1:id-1"])
  }

  @Test func anInvalidMessageThatFindsTheDeadLettersFullHoldsUpNobody() async throws {
    let fixture = WorkerFixture(deadLetterCapacity: 0)
    let worker = fixture.worker()
    try await fixture.running(worker) {
      for (ordinal, text) in ["hello", "{}"].enumerated() {
        worker.channelListener.channelReceived([
          .handPublished(
            AdoptionTicket(mark: "m", ordinal: ordinal + 1), ByteBuffer(string: text))
        ])
      }
      try await eventually { fixture.metric("progressbus_adopted_total") == 1 }
    }
    #expect(fixture.metric("progressbus_adoption_rejected_total") == 1)
    #expect(fixture.metric("progressbus_adoption_dropped_total") == 1)
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test func whatFindsNoRoomIsCounted() async throws {
    var fixture = WorkerFixture()
    fixture.configuration.adoptionQueueLimit = 1_000
    let worker = fixture.worker()
    let big = ByteBuffer(repeating: UInt8(ascii: "{"), count: 500)
    worker.channelListener.channelReceived(
      (1...3).map { .handPublished(AdoptionTicket(mark: "m", ordinal: $0), big) })
    #expect(fixture.metric("progressbus_adoption_dropped_total") == 2)
    let entry = { try await fixture.bus.entries(after: .zero, limit: 9).count == 1 }
    try await fixture.running(worker) { try await eventually { try await entry() } }
  }
}

/// Tells when the subscription stands.
private final class SubscriptionProbe: ChannelListener {
  private let subscribed = NIOLockedValueBox(false)

  var isSubscribed: Bool { subscribed.withLockedValue { $0 } }

  func channelSubscribed() { subscribed.withLockedValue { $0 = true } }
  func channelReceived(_ messages: [ChannelMessage]) {}
  func channelLost(_ reason: BusError) {}
}

/// Gives each message a new id.
private final class NumberingDecoder: HandPublishedDecoder {
  private let count = NIOLockedValueBox(0)

  func decode(_ payload: ByteBuffer) -> HandPublishedMessage {
    let number = count.withLockedValue { count in
      count += 1
      return count
    }
    return .event(
      PublishedEvent(eventType: "help", payload: ByteBuffer(string: "id-\(number)")))
  }
}

/// Fails the first calls and records all.
private final class FlakyRegister: AdoptionRegister {
  private let record = NIOLockedValueBox<[String]>([])
  private let failures: Int
  private let error: BusError
  private let answer: Adoption

  init(
    failures: Int, error: BusError = .unavailable("broken pipe"), answer: Adoption = .adopted
  ) {
    self.failures = failures
    self.error = error
    self.answer = answer
  }

  var calls: [String] { record.withLockedValue { $0 } }

  func adopt(_ event: PublishedEvent, ticket: AdoptionTicket) async throws(BusError) -> Adoption {
    let number = record.withLockedValue { calls in
      calls.append("\(ticket.ordinal):\(String(buffer: event.payload))")
      return calls.count
    }
    if number <= failures { throw error }
    return answer
  }

  func reject(
    _ deadLetter: DeadLetter, ticket: AdoptionTicket
  ) async throws(BusError) -> Rejection {
    .stored
  }
}
