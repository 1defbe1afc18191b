import NIOConcurrencyHelpers

/// Says once and for all that no new work is to begin, and wakes who sleeps until then.
///
/// Work that is under way goes on: this is not cancellation.
final class StopSignal: Sendable {
  private struct State {
    var isStopped = false
    var nextSleeper = 0
    var sleepers: [Int: Task<Void, any Error>] = [:]
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = NIOLockedValueBox(State())
  private let environment: WorkerEnvironment

  init(environment: WorkerEnvironment) {
    self.environment = environment
  }

  var isStopped: Bool { state.withLockedValue { $0.isStopped } }

  func stop() {
    let (sleepers, waiters) = state.withLockedValue { state in
      state.isStopped = true
      defer {
        state.sleepers = [:]
        state.waiters = []
      }
      return (Array(state.sleepers.values), state.waiters)
    }
    for sleeper in sleepers { sleeper.cancel() }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns once stopped; does not heed cancellation, whose handler must call `stop()`.
  func wait() async {
    await withCheckedContinuation { waiter in
      let isStopped = state.withLockedValue { state in
        if !state.isStopped { state.waiters.append(waiter) }
        return state.isStopped
      }
      if isStopped { waiter.resume() }
    }
  }

  /// Sleeps, unless stopped before or meanwhile.
  ///
  /// - Returns: true when the whole time has passed, false when stopped or cancelled.
  func sleep(for duration: Duration) async -> Bool {
    let sleep = environment.sleep
    let sleeper = Task { try await sleep(duration) }
    let number = state.withLockedValue { state -> Int? in
      guard !state.isStopped else { return nil }
      state.nextSleeper += 1
      state.sleepers[state.nextSleeper] = sleeper
      return state.nextSleeper
    }
    guard let number else {
      sleeper.cancel()
      return false
    }
    let result = await withTaskCancellationHandler {
      await sleeper.result
    } onCancel: {
      sleeper.cancel()
    }
    _ = state.withLockedValue { $0.sleepers.removeValue(forKey: number) }
    if case .success = result { return !isStopped }
    return false
  }
}
