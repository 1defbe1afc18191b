import EventBus
import NIOConcurrencyHelpers
import NIOCore
import ProgressBusTesting
import Testing

@testable import WorkerRuntime

@Suite struct DeadWorkerTakeoverTests {
  private let events = WorkerFixture.payloads(0..<20)

  /// Reads everything as a consumer that dies without a word in the last of `attempts` writes.
  private func abandon(_ fixture: WorkerFixture, attempts: Int) async throws {
    try await fixture.publish(events)
    try await fixture.bus.createGroup("postgres")
    let entries = try await fixture.bus.read(
      group: "postgres", consumer: "dead", count: 100, wait: .zero)
    try await fixture.bus.noteAttempt(
      group: "postgres", consumer: "dead", ids: entries.map(\.id), attempts: attempts)
  }

  private func fixture() -> WorkerFixture {
    var fixture = WorkerFixture()
    fixture.configuration.claimIdle = .milliseconds(50)
    fixture.configuration.poison = PoisonPolicy(aloneAfter: 2, deadLetterAfter: 4)
    return fixture
  }

  @Test func takesOverWhatADeadWorkerLeft() async throws {
    let fixture = fixture()
    try await abandon(fixture, attempts: 1)
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(fixture.metric("progressbus_sink_claimed_total{sink=\"postgres\"}") == 20)
  }

  @Test func writesAloneWhatItsReadersDidNotSurvive() async throws {
    let fixture = fixture()
    try await abandon(fixture, attempts: 2)
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(sink.state.withLockedValue { $0.writes.allSatisfy { $0.count == 1 } })
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test func whatNoReaderSurvivesGoesToTheDeadLetters() async throws {
    let fixture = fixture()
    try await abandon(fixture, attempts: 4)
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(sink.stored.isEmpty)
    let deadLetters = try await fixture.deadLetters()
    #expect(deadLetters.map { String(buffer: $0.payload) }.sorted() == events.sorted())
    for deadLetter in deadLetters {
      #expect(deadLetter.attempts == 4)
      #expect(deadLetter.reason.contains("4 workers stopped"))
    }
  }

  @Test func claimsNothingForASinkThatIsDown() async throws {
    let fixture = fixture()
    try await abandon(fixture, attempts: 1)
    let sink = RecordingSink(isDown: true)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { sink.state.withLockedValue { $0.checks } > 20 }
      let claimed = try await fixture.bus.claimAbandoned(
        group: "postgres", consumer: "other", idle: .zero, count: 100)
      #expect(claimed.count == 20)
      sink.setDown(false)
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }
}

@Suite struct PoisonPolicyTests {
  @Test(arguments: [
    (1, PoisonPolicy.Verdict.writeWithOthers), (9, .writeWithOthers), (10, .writeAlone),
    (19, .writeAlone), (20, .deadLetter), (.max, .deadLetter),
  ])
  func setsApartWhatWritersDoNotSurvive(attempts: Int, verdict: PoisonPolicy.Verdict) {
    #expect(PoisonPolicy().verdict(attempts: attempts) == verdict)
  }

  @Test func theLeastSuspiciousAreWrittenFirst() {
    let claims = [12, 10, 30, 11, 10, 2].enumerated().map { index, attempts in
      ClaimedEntry(
        entry: JournalEntry(
          id: StreamID(milliseconds: UInt64(index), sequence: 0), eventType: "",
          payload: ByteBuffer()),
        attempts: attempts)
    }
    let work = LaneWork(claimed: claims, policy: PoisonPolicy())
    #expect(work.claimed.map(\.entry.id.milliseconds) == [5])
    #expect(work.suspects.map(\.entry.id.milliseconds) == [1, 4, 3, 0])
    #expect(work.poison.map(\.entry.id.milliseconds) == [2])
    #expect(Set(work.ids) == Set(claims.map(\.entry.id)))
  }
}
