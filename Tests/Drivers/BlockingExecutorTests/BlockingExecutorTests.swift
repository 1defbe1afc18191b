import BlockingExecutor
import Foundation
import Testing

@Suite struct BlockingExecutorTests {
  @Test func jobsRunOnOneThreadThatIsNotTheCooperativePools() async {
    let worker = Worker()
    let elsewhere = pthread_self()
    var threads: Set<UInt> = []
    for _ in 0..<100 {
      threads.insert(await worker.thread())
      await Task.yield()
    }
    #expect(threads.count == 1)
    #expect(threads.contains(UInt(elsewhere)) == false)
  }

  @Test func jobsRunOneAtATimeInTheOrderOfTheirArrival() async {
    let worker = Worker()
    for number in 0..<1000 { await worker.record(number) }
    #expect(await worker.numbers == Array(0..<1000))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<1000 { group.addTask { await worker.record(number) } }
    }
    #expect(await worker.numbers.count == 2000)
  }

  @Test func blockedJobsDoNotHoldUpOtherExecutors() async {
    let gate = DispatchSemaphore(value: 0)
    let blocked = (0..<32).map { _ in Worker() }
    let waiting = blocked.map { worker in Task { await worker.wait(for: gate) } }
    // More blocked threads than the cooperative pool has: this still runs.
    let free = Worker()
    await free.record(1)
    #expect(await free.numbers == [1])
    for _ in blocked { gate.signal() }
    for task in waiting { await task.value }
  }

  @Test func theLastReferenceFreesTheHandleOnTheThreadAndEndsIt() async {
    let freed = AsyncStream.makeStream(of: UInt.self)
    var thread: UInt = 0
    do {
      let worker = Worker { freed.continuation.yield($0) }
      thread = await worker.thread()
    }
    var iterator = freed.stream.makeAsyncIterator()
    #expect(await iterator.next() == thread)
  }
}

private actor Worker {
  private let executor = BlockingExecutor(name: "test-worker")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private(set) var numbers: [Int] = []
  private let onDeinit: @Sendable (UInt) -> Void

  init(onDeinit: @escaping @Sendable (UInt) -> Void = { _ in }) {
    self.onDeinit = onDeinit
  }

  isolated deinit {
    onDeinit(UInt(pthread_self()))
  }

  func thread() -> UInt { UInt(pthread_self()) }

  func record(_ number: Int) { numbers.append(number) }

  func wait(for gate: DispatchSemaphore) {
    self.assertIsolated()
    gate.wait()
  }
}
