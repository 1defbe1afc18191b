public import Logging
import PostgresDriver
public import ServiceLifecycle
import Synchronization

/// Keeps the mirror going in the background: sends, watches, and deletes what is old.
public struct MirrorService: Service {
  /// How often the queue is looked at; a look costs one query, however long the queue is.
  private static let pollInterval = Duration.milliseconds(500)
  private static let watchInterval = Duration.seconds(10)
  private static let retentionInterval = Duration.seconds(3_600)
  /// Before something that failed is tried again, so that an outage does not fill the log.
  private static let pauseAfterFailure = Duration.seconds(2)
  /// How long batches under way may take to end once the process is to stop.
  private static let drainLimit = Duration.seconds(5)

  private let controller: MirrorController
  private let presence: MirrorPresence
  private let logger: Logger

  public init(controller: MirrorController, logger: Logger) {
    self.controller = controller
    self.logger = logger
    presence = MirrorPresence(store: controller.store, logger: logger)
  }

  /// Runs until graceful shutdown or cancellation. While PostgreSQL or Google does not answer, it waits.
  ///
  /// - Throws: `MirrorError` when the mirror cannot start: it is off, or has no salt or no credentials.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await tellState() }
      group.addTask { try await work() }
      for try await _ in group {}
    }
  }

  private func tellState() async {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      await presence.tell()
      await pause(MirrorPresence.interval)
    }
    // In a task of its own: this one may be cancelled by now.
    await Task { await presence.withdraw() }.value
  }

  private func work() async throws {
    guard let engine = try await startedEngine() else { return }
    await presence.set(.running)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await dispatch(engine) }
      group.addTask {
        await repeatedly(every: Self.watchInterval, "watching the queue") {
          try await controller.watch()
        }
      }
      group.addTask {
        await repeatedly(every: Self.retentionInterval, "retention") {
          _ = try await controller.enforceRetention()
        }
      }
    }
  }

  /// The engine, as soon as PostgreSQL and Google answer; nil when the process is to stop before.
  private func startedEngine() async throws -> MirrorEngine? {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      do {
        let engine = try await controller.engine()
        await presence.set(.starting)
        // A first start queues all there is: in the background, while the process serves already.
        try await controller.store.startQueues()
        return engine
      } catch let error as PostgresError {
        await presence.set(.waiting, "\(error)")
      } catch let error as MirrorError where error.mayPass {
        await presence.set(.waiting, "\(error)")
      } catch is CancellationError {
        return nil
      }
      await pause(Self.pauseAfterFailure)
    }
    return nil
  }

  private func dispatch(_ engine: MirrorEngine) async {
    let busy = BusyTables()
    let stopping = StopFlag()
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { lanes in
        await repeatedly(every: Self.pollInterval, "looking at the queue") {
          let due = try await engine.store.readiness(limit: engine.configuration.batchSize)
            .filter {
              DispatchRule.isDue(
                $0, batchSize: engine.configuration.batchSize,
                interval: engine.configuration.interval)
            }
          guard !due.isEmpty else { return }
          let tables = try await engine.store.tables()
          for table in tables where due.contains(where: { $0.sourceTable == table.sourceTable }) {
            guard await busy.begin(table.sourceTable) else { continue }
            lanes.addTask {
              await drain(table, with: engine, stopping)
              await busy.end(table.sourceTable)
            }
          }
        }
        let timer = Task {
          try await Task.sleep(for: Self.drainLimit)
        }
        lanes.addTask {
          // Whichever is first: the lanes end, which cancels the timer, or its time is up.
          if case .success = await timer.result { await busy.noteTimeUp() }
        }
        await busy.waitUntilIdle()
        timer.cancel()
        lanes.cancelAll()
      }
    } onGracefulShutdown: {
      stopping.raise()
    }
  }

  private func drain(
    _ table: MirroredTable, with engine: MirrorEngine, _ stopping: StopFlag
  ) async {
    do {
      _ = try await engine.drain(table) { stopping.isRaised }
    } catch {
      logger.warning(
        "mirroring a table was interrupted",
        metadata: ["table": "\(table.sourceTable)", "error": "\(error)"])
    }
  }

  /// Repeats until graceful shutdown or cancellation. A failure is logged, and the work tried again.
  private func repeatedly(
    every interval: Duration, _ what: String, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Void
  ) async {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      do {
        try await body()
      } catch is CancellationError {
        return
      } catch {
        logger.warning("\(what) failed", metadata: ["error": "\(error)"])
        await pause(Self.pauseAfterFailure)
      }
      await pause(interval)
    }
  }

  /// Sleeps; woken early by shutdown or cancellation, which the callers' loops look for.
  private func pause(_ duration: Duration) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
  }
}

/// The tables that a lane works on: one lane a table.
actor BusyTables {
  private var tables: Set<String> = []
  private var isTimeUp = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// False when the table has a lane.
  func begin(_ table: String) -> Bool {
    tables.insert(table).inserted
  }

  func end(_ table: String) {
    tables.remove(table)
    resumeIfDone()
  }

  /// Nobody waits any longer.
  func noteTimeUp() {
    isTimeUp = true
    resumeIfDone()
  }

  /// Returns when no table has a lane, or time is up.
  func waitUntilIdle() async {
    if tables.isEmpty || isTimeUp { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func resumeIfDone() {
    guard tables.isEmpty || isTimeUp else { return }
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

/// Raised once, read from anywhere.
final class StopFlag: Sendable {
  private let raised = Atomic(false)

  var isRaised: Bool { raised.load(ordering: .relaxed) }

  func raise() { raised.store(true, ordering: .relaxed) }
}

/// Whether a table's rows should be sent now.
enum DispatchRule {
  /// Yes when a batch is full, when a row has waited for the interval, or when a row is due for another
  /// try.
  static func isDue(_ readiness: TableReadiness, batchSize: Int, interval: Duration) -> Bool {
    readiness.rowCount >= batchSize || readiness.waited >= interval || readiness.hasTriedRows
  }
}
