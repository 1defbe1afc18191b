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
