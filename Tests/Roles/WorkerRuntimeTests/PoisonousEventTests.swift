import EventBus
import NIOConcurrencyHelpers
import NIOCore
import ProgressBusTesting
import Testing

@testable import WorkerRuntime

/// An event whose write kills the process.
@Suite struct PoisonousEventTests {
  private let events = WorkerFixture.payloads(0..<100)

  private func fixture() -> WorkerFixture {
    var fixture = WorkerFixture()
    fixture.configuration.claimIdle = .milliseconds(30)
    fixture.configuration.drainDeadline = .milliseconds(10)
    fixture.configuration.poison = PoisonPolicy(aloneAfter: 3, deadLetterAfter: 6)
    return fixture
  }

  /// Runs one worker after another, as a supervisor does, until all is settled.
  private func runUntilSettled(
    _ fixture: WorkerFixture, poison: Set<String>
  ) async throws -> (stored: Set<String>, workers: Int) {
    var stored: Set<String> = []
    for workers in 1...60 {
      let journal = MortalJournal(fixture.bus)
      let sink = RecordingSink(batchSize: 100, lanes: 1, poison: poison) { journal.die() }
      let worker = fixture.worker(sink, journal: journal)
      try await fixture.running(worker) {
        try await eventually("the worker dies or all is settled") {
          if journal.isDead { return true }
          return try await fixture.lag() == 0
        }
      }
      stored.formUnion(sink.stored.keys)
      if try await fixture.lag() == 0 { return (stored, workers) }
    }
    Issue.record("60 workers were not enough")
    return (stored, 60)
  }

  @Test(arguments: [[0], [10], [99], [10, 60]])
  func goesToTheDeadLettersWithoutItsNeighbours(indices: [Int]) async throws {
    let fixture = fixture()
    let poison = Set(indices.map { events[$0] })
    try await fixture.publish(events)
    let (stored, workers) = try await runUntilSettled(fixture, poison: poison)
    let letters = try await fixture.deadLetters()
    #expect(Set(letters.map { String(buffer: $0.payload) }) == poison)
    #expect(letters.count == poison.count)
    #expect(letters.allSatisfy { $0.attempts == 6 && $0.reason.contains("6 workers stopped") })
    #expect(stored == Set(events).subtracting(poison))
    // Three writes of all, then three of each alone.
    #expect(workers == 3 + 3 * poison.count + 1)
  }

  @Test func whoStopsInGoodOrderCondemnsNothing() async throws {
    let fixture = fixture()
    try await fixture.publish(events)
    for _ in 0..<8 {
      let sink = RecordingSink(batchSize: 100, lanes: 1, isDown: true, isFoundUp: true)
      try await fixture.running(fixture.worker(sink)) {
        try await eventually { sink.state.withLockedValue { !$0.writes.isEmpty } }
      }
    }
    let sink = RecordingSink(batchSize: 100)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    // Together, though maybe not all at once: what was touched later is taken over later.
    #expect(sink.state.withLockedValue { $0.writes.allSatisfy { $0.count > 1 } })
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test func suspectsThatWaitForTheirTurnAreTouched() async throws {
    let fixture = fixture()
    try await fixture.publish(events)
    try await fixture.bus.createGroup("postgres")
    let ids = try await fixture.bus.read(
      group: "postgres", consumer: "dead", count: 100, wait: .zero
    ).map(\.id)
    try await fixture.bus.noteAttempt(
      group: "postgres", consumer: "dead", ids: ids, attempts: 4)
    let journal = MortalJournal(fixture.bus)
    let sink = RecordingSink(batchSize: 100, lanes: 1)
    sink.setHeld(true)
    try await fixture.running(fixture.worker(sink, journal: journal)) {
      try await eventually { sink.state.withLockedValue { $0.writing } == 1 }
      try await eventually("all are touched while the first is written") {
        journal.touched == Set(ids)
      }
      sink.setHeld(false)
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(sink.state.withLockedValue { $0.writes.allSatisfy { $0.count == 1 } })
  }
}

/// The journal as a process sees it that can be killed: from then on nothing reaches the bus.
private final class MortalJournal: Journal {
  private struct State {
    var isDead = false
    var touched: Set<StreamID> = []
  }

  private let journal: any Journal
  private let state = NIOLockedValueBox(State())

  init(_ journal: any Journal) {
    self.journal = journal
  }

  var isDead: Bool { state.withLockedValue { $0.isDead } }
  var touched: Set<StreamID> { state.withLockedValue { $0.touched } }
  func die() { state.withLockedValue { $0.isDead = true } }

  private func alive() throws(BusError) -> any Journal {
    if isDead { throw .unavailable("the process was killed") }
    return journal
  }

  func createGroup(_ group: String) async throws(BusError) {
    try await alive().createGroup(group)
  }

  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    try await alive().read(
      group: group, consumer: consumer, count: count, bytes: bytes, wait: wait)
  }

  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] {
    try await alive().claimAbandoned(group: group, consumer: consumer, idle: idle, count: count)
  }

  func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) {
    try await alive().noteAttempt(
      group: group, consumer: consumer, ids: ids, attempts: attempts)
  }

  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {
    try await alive().touch(group: group, consumer: consumer, ids: ids)
    state.withLockedValue { $0.touched.formUnion(ids) }
  }

  func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {
    try await alive().acknowledge(group: group, ids: ids)
  }

  func leave(group: String, consumer: String) async throws(BusError) {
    try await alive().leave(group: group, consumer: consumer)
  }

  func forgetConsumers(
    of group: String, silentFor: Duration
  ) async throws(BusError) -> Int {
    try await alive().forgetConsumers(of: group, silentFor: silentFor)
  }

  func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    try await alive().entries(after: position, limit: limit, bytes: bytes)
  }

  func state() async throws(BusError) -> JournalState { try await alive().state() }
  func trim(before id: StreamID) async throws(BusError) -> Int {
    try await alive().trim(before: id)
  }
}
