/// Tells activity over time, such as a time series database.
public protocol ActivitySource: Sendable {
  /// All buckets of the window, oldest first, the empty ones included.
  ///
  /// - Throws: anything, soon, when it cannot tell; PostgreSQL is asked instead.
  func activity(course: String, in window: ActivityWindow) async throws -> [ActivityBucket]
}
