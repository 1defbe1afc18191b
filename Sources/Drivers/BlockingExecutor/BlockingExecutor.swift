import Foundation

/// A serial executor on a thread of its own, for an actor that owns a blocking C handle.
///
/// Jobs run one at a time in the order of their arrival, never on the cooperative pool, so a job may
/// block. A plain thread rather than `NIOThreadPool(numberOfThreads: 1)`: the pool has to be shut down
/// by hand and, once it is, runs what comes later on the caller's thread; this thread ends by itself
/// when the last reference to the executor is gone and every job has run.
///
/// Keep the executor in a `let` of the actor and return it from `unownedExecutor`; an `isolated deinit`
/// then frees the handle on the same thread.
public final class BlockingExecutor: SerialExecutor {
  private let queue: JobQueue

  /// Starts the thread.
  ///
  /// - Parameter name: shown by debuggers; Linux keeps its first 15 bytes.
  public init(name: String) {
    let queue = JobQueue()
    self.queue = queue
    let thread = Thread { queue.runUntilClosed() }
    thread.name = name
    thread.start()
  }

  deinit {
    queue.close()
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    queue.append(UnownedJob(job), for: self)
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// True on the executor's thread.
  public func isIsolatingCurrentContext() -> Bool? {
    queue.isCurrentThread
  }

  public func checkIsolated() {
    precondition(queue.isCurrentThread, "not on the thread of this BlockingExecutor")
  }
}

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
