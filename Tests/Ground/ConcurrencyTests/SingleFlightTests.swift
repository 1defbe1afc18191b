import Concurrency
import NIOConcurrencyHelpers
import Testing

@Suite struct SingleFlightTests {
  private struct Refused: Error {}

  /// A call that ends when it is told to, and counts how often it was made.
  private final class SlowCall: Sendable {
    let count = NIOLockedValueBox(0)
    private let gate = AsyncStream.makeStream(of: Void.self)

    func open() { gate.continuation.finish() }

    func run() async -> Int {
      let number = count.withLockedValue { count in
        count += 1
        return count
      }
      for await _ in gate.stream {}
      return number
    }
  }

  @Test func manyCallersOfOneKeyShareOneCall() async {
    let flight = SingleFlight<String, Int, Never>()
    let slow = SlowCall()
    let calls = (0..<50).map { _ in flight.call(for: "a", slow.run) }
    #expect(Set(calls).count == 1)
    slow.open()
    for call in calls { #expect(await call.value.get() == 1) }
    #expect(await flight.value(for: "a", slow.run) == 2)
  }

  @Test func otherKeysHaveCallsOfTheirOwn() async {
    let flight = SingleFlight<String, Int, Never>()
    let slow = SlowCall()
    let first = flight.call(for: "a", slow.run)
    let second = flight.call(for: "b", slow.run)
    #expect(first != second)
    slow.open()
    #expect(await Set([first.value.get(), second.value.get()]) == [1, 2])
  }

  @Test func aFailureGoesToAllWhoWaitAndIsNotKept() async throws {
    let flight = SingleFlight<OnlyKey, Int, Refused>()
    let slow = SlowCall()
    let calls = (0..<3).map { _ in
      flight.call(for: OnlyKey()) { () async throws(Refused) in
        _ = await slow.run()
        throw Refused()
      }
    }
    slow.open()
    for call in calls { await #expect(throws: Refused.self) { try await call.value.get() } }
    #expect(slow.count.withLockedValue { $0 } == 1)
    #expect(try await flight.value { 7 } == 7)
  }

  @Test func aCallerThatIsCancelledLeavesTheCallToTheOthers() async {
    let flight = SingleFlight<OnlyKey, Int, Never>()
    let slow = SlowCall()
    let call = flight.call(for: OnlyKey(), slow.run)
    let caller = Task { await flight.value(slow.run) }
    caller.cancel()
    slow.open()
    #expect(await call.value.get() == 1)
    #expect(!call.isCancelled)
    _ = await caller.value
  }
}
