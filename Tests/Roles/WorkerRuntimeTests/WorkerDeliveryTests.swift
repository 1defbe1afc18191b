import EventBus
import NIOConcurrencyHelpers
import NIOCore
import Observability
import ProgressBusTesting
import Testing
import WorkerRuntime

@Suite struct WorkerDeliveryTests {
  private let events = WorkerFixture.payloads(0..<500)

  private func once(_ payloads: some Sequence<String>) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: payloads.map { ($0, 1) })
  }

  @Test func storesEachEventOnceInEverySinkWithinItsLanes() async throws {
    let fixture = WorkerFixture()
    let postgres = RecordingSink("postgres", batchSize: 20, lanes: 3)
    let influx = RecordingSink("influxdb", batchSize: 500, lanes: 1)
    try await fixture.running(fixture.worker(postgres, influx)) {
      try await fixture.publish(events)
      try await eventually { try await fixture.lag("postgres", "influxdb") == 0 }
      try await eventually("the lag is shown") {
        fixture.metric("progressbus_journal_lag{group=\"postgres\"}") == 0
          && fixture.metric("progressbus_journal_entries") == 500
      }
    }
    #expect(postgres.stored == once(events))
    #expect(influx.stored == once(events))
    postgres.state.withLockedValue { state in
      #expect(state.mostWriting <= 3)
      #expect(state.writes.allSatisfy { $0.count <= 20 })
      #expect(state.isClosed)
    }
    #expect(influx.state.withLockedValue { $0.mostWriting } == 1)
    #expect(fixture.metric("progressbus_sink_written_total{sink=\"postgres\"}") == 500)
    #expect(fixture.metric("progressbus_end_to_end_seconds_count{sink=\"influxdb\"}") == 500)
    #expect(fixture.metric("progressbus_sink_up{sink=\"postgres\"}") == 1)
  }

  @Test func whatOneReadBringsIsBoundedWhenLargeEventsFollowSmallOnes() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(batchSize: 5_000, lanes: 1)
    let padding = String(repeating: "x", count: 50_000)
    let large = (0..<400).map { #"{"n":\#($0),"padding":"\#(padding)"}"# }
    let small = WorkerFixture.payloads(1_000..<4_000)
    try await fixture.running(fixture.worker(sink)) {
      // Full reads make the next ones larger.
      sink.setHeld(true)
      try await fixture.publish(small + large)
      sink.setHeld(false)
      try await eventually { try await fixture.lag("postgres") == 0 }
    }
    #expect(sink.stored == once(small + large))
    let writes = sink.state.withLockedValue { $0.writes }
    #expect(writes.map { $0.reduce(0) { $0 + $1.utf8.count } }.max() ?? 0 <= 8 << 20)
    #expect(writes.map(\.count).max() ?? 0 >= 1_000)
  }

  @Test func aSinkThatIsDownDelaysNobodyAndCatchesUp() async throws {
    let fixture = WorkerFixture()
    let postgres = RecordingSink("postgres", isDown: true)
    let influx = RecordingSink("influxdb")
    let worker = fixture.worker(postgres, influx)
    let health = HealthRegistry()
    await worker.registerChecks(in: health)
    try await fixture.running(worker) {
      try await fixture.publish(events)
      try await eventually { try await fixture.lag("influxdb") == 0 }
      try await eventually("retries are counted") {
        (fixture.metric("progressbus_sink_retries_total{sink=\"postgres\"}") ?? 0) > 10
      }
      let report = await health.report()
      #expect(report.status == .degraded)
      #expect(
        report.checks["sink.postgres"]
          == HealthCheckResult(.down, detail: "connection refused"))
      #expect(report.checks["sink.influxdb"]?.status == .ok)
      #expect(fixture.metric("progressbus_sink_up{sink=\"postgres\"}") == 0)
      // Two lanes of fifty: no more was read than the lanes can take.
      let state = try await fixture.bus.state()
      #expect(try #require(state.groups.first { $0.name == "postgres" }).pending <= 100)

      postgres.setDown(false)
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(postgres.stored == once(events))
    #expect(try await fixture.deadLetters().isEmpty)
  }

  @Test(arguments: [RecordingSink.RefusalStyle.throwing, .naming])
  func refusedEventsGoToTheDeadLettersAlone(style: RecordingSink.RefusalStyle) async throws {
    let fixture = WorkerFixture()
    let bad: Set = [events[0], events[77], events[499]]
    let sink = RecordingSink(refused: bad, style: style)
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { try await fixture.lag() == 0 }
    }
    let deadLetters = try await fixture.deadLetters()
    #expect(Set(deadLetters.map { String(buffer: $0.payload) }) == bad)
    #expect(deadLetters.count == 3)
    for deadLetter in deadLetters {
      #expect(deadLetter.sink == "postgres")
      #expect(deadLetter.reason == "value out of range")
      #expect(deadLetter.eventType == "cell_executed")
      // Halving fifty takes six or seven writes to be down to one.
      #expect(style == .naming ? deadLetter.attempts == 1 : (6...7).contains(deadLetter.attempts))
    }
    #expect(sink.stored == once(events.filter { !bad.contains($0) }))
    #expect(fixture.metric("progressbus_dead_letters_total{sink=\"postgres\"}") == 3)
    #expect(fixture.metric("progressbus_sink_written_total{sink=\"postgres\"}") == 497)
  }

  @Test func whatIsOlderThanTheSinkKeepsIsCountedAndNoDeadLetter() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(refused: [events[1], events[2]], style: .naming)
    sink.state.withLockedValue { $0.refusalCause = .expired }
    let worker = fixture.worker(sink)
    try await fixture.publish(Array(events[..<10]))
    try await fixture.running(worker) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(try await fixture.deadLetters().isEmpty)
    #expect(worker.sinks.first?.expired == 2)
    #expect(worker.sinks.first?.written == 8)
    #expect(worker.sinks.first?.limit == nil)
    #expect(fixture.metric("progressbus_sink_expired_total{sink=\"postgres\"}") == 2)
  }

  @Test func aLimitOfTheSinkIsShown() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink(refused: [events[1]], style: .naming)
    sink.state.withLockedValue { $0.refusalCause = .limit }
    let worker = fixture.worker(sink)
    let health = HealthRegistry()
    await worker.registerChecks(in: health)
    try await fixture.publish(Array(events[..<10]))
    try await fixture.running(worker) {
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(worker.sinks.first?.limit == "value out of range")
    #expect(
      await health.report().checks["sink.postgres"]
        == HealthCheckResult(.degraded, detail: "value out of range"))
    #expect(try await fixture.deadLetters().count == 1)
  }

  @Test func aRefusedEventWaitsForItsDeadLetterAndNothingElseDoes() async throws {
    let fixture = WorkerFixture()
    let store = FlakyDeadLetters(fixture.bus)
    let sink = RecordingSink(refused: [events[0]], style: .naming)
    try await fixture.publish(Array(events[..<20]))
    try await fixture.running(fixture.worker(sink, deadLetters: store)) {
      try await eventually { store.failures > 5 }
      #expect(try await fixture.lag() == 1, "what is stored is acknowledged first")
      store.heal()
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(try await fixture.deadLetters().count == 1)
  }

  @Test func fullDeadLettersHoldUpOnlyWhatIsRefused() async throws {
    var fixture = WorkerFixture(deadLetterCapacity: 1)
    fixture.configuration.claimIdle = .milliseconds(200)
    let bad: Set = [events[0], events[77], events[499]]
    let sink = RecordingSink(lanes: 1, refused: bad, style: .naming)
    let worker = fixture.worker(sink)
    let health = HealthRegistry()
    await worker.registerChecks(in: health)
    try await fixture.publish(events)
    try await fixture.running(worker) {
      try await eventually { sink.stored.count == 497 }
      try await eventually { try await fixture.lag() == 2 }
      #expect(fixture.metric("progressbus_dead_letters_waiting{sink=\"postgres\"}") == 2)
      let check = await health.report().checks["sink.postgres"]
      #expect(check?.status == .degraded)
      #expect(check?.detail?.contains("2 refused events wait") == true)
      for _ in bad {
        let first = try await fixture.bus.deadLetters(after: .zero, limit: 1)
        #expect(try await fixture.bus.remove(first.map(\.id)) == 1)
        try await eventually("the next takes its place") {
          let isLast = try await fixture.lag() == 0
          return try await fixture.bus.count() == 1 || isLast
        }
      }
      try await eventually { try await fixture.lag() == 0 }
      try await eventually {
        fixture.metric("progressbus_dead_letters_waiting{sink=\"postgres\"}") == 0
      }
    }
    #expect(fixture.metric("progressbus_dead_letters_total{sink=\"postgres\"}") == 3)
    #expect(sink.stored == once(events.filter { !bad.contains($0) }))
    #expect(fixture.metric("progressbus_sink_claimed_total{sink=\"postgres\"}") == 0)
  }

  @Test func aSinkWaitsOnceTooManyRefusedEventsDo() async throws {
    let fixture = WorkerFixture(deadLetterCapacity: 0)
    let many = WorkerFixture.payloads(0..<3_000)
    let sink = RecordingSink(batchSize: 100, lanes: 1, refused: Set(many), style: .naming)
    try await fixture.publish(many)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually {
        (fixture.metric("progressbus_dead_letters_waiting{sink=\"postgres\"}") ?? 0) >= 1_000
      }
    }
    #expect(sink.state.withLockedValue { $0.writes.count } <= 12)
    #expect(try await fixture.lag() == 3_000, "nothing is lost")
  }

  @Test func aReplayReachesItsSinkAlone() async throws {
    let fixture = WorkerFixture()
    _ = try await fixture.bus.add([
      RefusedEntry(
        id: .zero,
        deadLetter: DeadLetter(
          sink: "influxdb", reason: "r", attempts: 1, eventType: "help",
          payload: .init(string: "{\"replayed\":1}")))
    ])
    let deadLetter = try #require(try await fixture.bus.deadLetters(after: .zero, limit: 1).first)
    #expect(try await fixture.bus.replay(deadLetter.id))
    let postgres = RecordingSink("postgres")
    let influx = RecordingSink("influxdb")
    try await fixture.publish([events[1]])
    try await fixture.running(fixture.worker(postgres, influx)) {
      try await eventually { try await fixture.lag("postgres", "influxdb") == 0 }
    }
    #expect(postgres.stored == once([events[1]]))
    #expect(influx.stored == once([events[1], "{\"replayed\":1}"]))
  }

  @Test func goesOnAfterTheBusWasAway() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await fixture.publish(Array(events[..<100]))
      try await eventually { sink.stored.count == 100 }
      fixture.bus.setAvailable(false)
      try await eventually("errors are counted") {
        (fixture.metric("progressbus_bus_errors_total{operation=\"read\"}") ?? 0) > 3
      }
      fixture.bus.setAvailable(true)
      try await fixture.publish(Array(events[100...]))
      try await eventually { try await fixture.lag() == 0 }
    }
    #expect(Set(sink.stored.keys) == Set(events))
  }

  @Test func makesItsGroupAgainAfterTheBusLostEverything() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink()
    try await fixture.running(fixture.worker(sink)) {
      try await fixture.publish([events[0]])
      try await eventually { sink.stored.count == 1 }
      fixture.bus.loseEverything()
      try await fixture.publish([events[1]])
      try await eventually { sink.stored.count == 2 }
      try await eventually { try await fixture.lag() == 0 }
    }
  }

  @Test func trimsWhatAllHaveReadAtOnceWhenMemoryIsFull() async throws {
    let fixture = WorkerFixture()
    let held = RecordingSink("influxdb", isDown: true)
    try await fixture.running(fixture.worker(RecordingSink("postgres"), held)) {
      try await fixture.publish(events)
      fixture.bus.setOutOfMemory(true)
      try await eventually { try await fixture.lag() == 0 }
      #expect(try await fixture.bus.state().entries == 500)
      held.setDown(false)
      try await eventually { try await fixture.bus.state().entries == 0 }
    }
  }

  @Test func trimsWhatAllHaveRead() async throws {
    var fixture = WorkerFixture()
    fixture.configuration.journalRetention = .zero
    let held = RecordingSink("influxdb", isDown: true)
    try await fixture.running(fixture.worker(RecordingSink("postgres"), held)) {
      try await fixture.publish(events)
      try await eventually { try await fixture.lag() == 0 }
      #expect(try await fixture.bus.state().entries == 500)
      held.setDown(false)
      try await eventually { try await fixture.bus.state().entries == 0 }
    }
    #expect(fixture.metric("progressbus_journal_trimmed_total") == 500)
  }
}
