import Concurrency
import EventBus
import Logging
import NIOConcurrencyHelpers
import ProgressBusTesting
import ServiceLifecycle
import Testing

@testable import WorkerRuntime

@Suite struct WorkerShutdownTests {
  private let events = WorkerFixture.payloads(0..<10)

  @Test func finishesWhatIsInFlight() async throws {
    let fixture = WorkerFixture()
    let sink = RecordingSink()
    sink.setHeld(true)
    let worker = fixture.worker(sink)
    let services = ServiceGroup(
      services: [worker], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let run = Task { try await services.run() }
    try await fixture.publish(events)
    try await eventually { sink.state.withLockedValue { $0.writing } > 0 }
    await services.triggerGracefulShutdown()
    sink.setHeld(false)
    try await run.value

    let state = try await fixture.bus.state()
    #expect(state.groups.first?.pending == 0)
    #expect(sink.stored.count == sink.state.withLockedValue { $0.writes.joined().count })
    #expect(sink.state.withLockedValue { $0.isClosed })
  }

  @Test func leavesPendingWhatDoesNotFinishInTime() async throws {
    var fixture = WorkerFixture()
    fixture.configuration.drainDeadline = .milliseconds(30)
    let sink = RecordingSink()
    sink.setHeld(true)
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { sink.state.withLockedValue { $0.writing } > 0 }
    }
    #expect(try await fixture.lag() == 10)
    #expect(sink.state.withLockedValue { $0.isClosed })
    sink.setHeld(false)
  }

  @Test func doesNotWaitForASinkThatIsDown() async throws {
    var fixture = WorkerFixture()
    fixture.configuration.drainDeadline = .seconds(600)
    fixture.configuration.retry = Backoff(first: .seconds(600), longest: .seconds(600))
    let sink = RecordingSink(isDown: true)
    try await fixture.publish(events)
    try await fixture.running(fixture.worker(sink)) {
      try await eventually { sink.state.withLockedValue { !$0.writes.isEmpty && $0.writing == 0 } }
    }
    #expect(try await fixture.lag() == 10)
  }
}

@Suite struct StopSignalTests {
  private let stop = StopSignal(environment: WorkerEnvironment())

  @Test func wakesWhoSleepsAndWhoWaits() async {
    async let slept = stop.sleep(for: .seconds(600))
    async let waited: Void = stop.wait()
    await Task.yield()
    stop.stop()
    await waited
    #expect(await slept == false)
    #expect(await stop.sleep(for: .seconds(600)) == false)
    await stop.wait()
  }

  @Test func sleepsTheWholeTimeUntilStopped() async {
    #expect(await stop.sleep(for: .milliseconds(1)))
  }

  @Test func cancellationEndsASleep() async {
    let sleeper = Task { await stop.sleep(for: .seconds(600)) }
    sleeper.cancel()
    #expect(await sleeper.value == false)
    #expect(!stop.isStopped)
  }
}
