import Testing

@testable import WorkerRuntime

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
