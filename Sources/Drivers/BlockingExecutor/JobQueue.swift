import Foundation

/// The jobs that wait for a `BlockingExecutor`'s thread.
///
/// `@unchecked Sendable`: `pending`, `isClosed` and `thread` are read and written only while
/// `condition` is locked.
final class JobQueue: @unchecked Sendable {
  /// A job keeps its executor alive until it has run: the job may be the one that lets go of the last
  /// other reference (an actor's `isolated deinit`).
  private struct Entry {
    let job: UnownedJob
    let executor: BlockingExecutor
  }

  private let condition = NSCondition()
  private var pending: [Entry] = []
  private var isClosed = false
  private var thread: pthread_t?

  var isCurrentThread: Bool {
    condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
  }

  func append(_ job: UnownedJob, for executor: BlockingExecutor) {
    condition.withLock {
      pending.append(Entry(job: job, executor: executor))
      // The thread waits only while nothing is pending.
      if pending.count == 1 { condition.signal() }
    }
  }

  func close() {
    condition.withLock {
      isClosed = true
      condition.signal()
    }
  }

  /// Runs jobs until the queue is closed and empty.
  func runUntilClosed() {
    condition.withLock { thread = pthread_self() }
    while true {
      let entries = takePending()
      guard !entries.isEmpty else { return }
      for entry in entries {
        entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
      }
    }
  }

  /// Waits for jobs; empty once the queue is closed.
  private func takePending() -> [Entry] {
    condition.withLock {
      while pending.isEmpty, !isClosed { condition.wait() }
      let taken = pending
      pending = []
      return taken
    }
  }
}
