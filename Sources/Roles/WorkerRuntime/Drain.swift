/// Waits for work that is under way, but not for ever.
enum Drain {
  /// Whether `work` ends within `deadline`.
  ///
  /// The wait does not go on for work that does not heed its cancellation, and does not end early
  /// when the caller is cancelled: that is when a drain matters.
  static func finishes(
    _ work: Task<Void, Never>, within deadline: Duration, environment: WorkerEnvironment
  ) async -> Bool {
    let (results, continuation) = AsyncStream.makeStream(
      of: Bool.self, bufferingPolicy: .bufferingOldest(1))
    let relay = Task {
      await work.value
      continuation.yield(true)
    }
    let timer = Task {
      try await environment.sleep(deadline)
      continuation.yield(false)
    }
    defer {
      relay.cancel()
      timer.cancel()
    }
    // A stream ends early for a cancelled task, so a task of its own reads it.
    return await Task { await results.first { _ in true } ?? false }.value
  }
}
