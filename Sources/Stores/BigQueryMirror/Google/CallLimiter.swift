/// Keeps calls to BigQuery from being too many.
protocol CallLimiter: Sendable {
  /// Returns when a call may begin.
  ///
  /// - Throws: `CancellationError`, or `PostgresError`.
  func admit() async throws
}

/// Lets at most so many calls begin in any one second, of all processes that share a database.
struct SharedCallLimiter: CallLimiter {
  let store: MirrorStore
  let callsPerSecond: Int

  func admit() async throws {
    let wait = try await store.admitCall(callsPerSecond: callsPerSecond)
    if wait > .zero { try await Task.sleep(for: wait) }
  }
}
