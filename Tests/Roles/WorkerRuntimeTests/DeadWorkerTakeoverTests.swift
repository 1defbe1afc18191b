import EventBus
import NIOConcurrencyHelpers
import NIOCore
import ProgressBusTesting
import Testing

@testable import WorkerRuntime

@Suite struct DeadWorkerTakeoverTests {
  private let events = WorkerFixture.payloads(0..<20)

  /// Reads everything as consumers that die without a word, `deliveries` times.
  private func abandon(_ fixture: WorkerFixture, deliveries: Int) async throws {
    try await fixture.publish(events)
    try await fixture.bus.createGroup("postgres")
    _ = try await fixture.bus.read(
      group: "postgres", consumer: "dead", count: 100, wait: .zero)
    for _ in 1..<max(deliveries, 2) where deliveries > 1 {
      _ = try await fixture.bus.claimAbandoned(
        group: "postgres", consumer: "dead", idle: .zero, count: 100)
    }
  }

  private func fixture() -> WorkerFixture {
    var fixture = WorkerFixture()
    fixture.configuration.claimIdle = .milliseconds(50)
    fixture.configuration.poison = PoisonPolicy(aloneAfter: 2, deadLetterAfter: 4)
    return fixture
  }

  @Test func takesOverWhatADeadWorkerLeft() async throws {
    let fixture = fixture()
    try await abandon(fixture, deliveries: 1)
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(fixture.metric("progressbus_sink_claimed_total{sink=\"postgres\"}") == 20)
  }

  @Test func writesAloneWhatItsReadersDidNotSurvive() async throws {
    let fixture = fixture()
    try await abandon(fixture, deliveries: 2)
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
    try await abandon(fixture, deliveries: 4)
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(sink.stored.isEmpty)
    let deadLetters = try await fixture.deadLetters()
    #expect(deadLetters.map { String(buffer: $0.payload) }.sorted() == events.sorted())
    for deadLetter in deadLetters {
      #expect(deadLetter.attempts == 4)
      #expect(deadLetter.reason.contains("4 readers stopped"))
    }
  }

  @Test func claimsNothingForASinkThatIsDown() async throws {
    let fixture = fixture()
    try await abandon(fixture, deliveries: 1)
    let sink = RecordingSink(isDown: true)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { sink.state.withLockedValue { $0.checks } > 20 }
      let claimed = try await fixture.bus.claimAbandoned(
        group: "postgres", consumer: "other", idle: .zero, count: 100)
      #expect(claimed.count == 20)
      #expect(claimed.allSatisfy { $0.deliveries == 2 })
      sink.setDown(false)
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }
}

@Suite struct PoisonPolicyTests {
  @Test(arguments: [
    (1, PoisonPolicy.Verdict.writeWithOthers), (10, .writeWithOthers), (11, .writeAlone),
    (20, .writeAlone), (21, .deadLetter), (.max, .deadLetter),
  ])
  func setsApartWhatReadersDoNotSurvive(deliveries: Int, verdict: PoisonPolicy.Verdict) {
    #expect(PoisonPolicy().verdict(deliveries: deliveries) == verdict)
  }
}
