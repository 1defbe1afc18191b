public import DeadLetters

/// What BigQuery refused is listed, replayed and purged with the dead letters of the other sinks.
extension MirrorController: RefusedRowStore {
  /// - Throws: `PostgresError`.
  public func refusedRows(
    after number: Int64, limit: Int, reason: String?
  ) async throws -> [RefusedRow] {
    try await store.failures(after: number, limit: limit, reason: reason)
  }

  /// - Throws: `PostgresError`.
  public func refusedRow(_ number: Int64) async throws -> RefusedRowContent? {
    try await store.failure(number)
  }

  /// - Throws: `PostgresError`.
  public func replayRefusedRows(_ numbers: [Int64]) async throws -> Int {
    try await retry(numbers).requeued
  }

  /// - Throws: `PostgresError`.
  public func purgeRefusedRows(_ numbers: [Int64]) async throws -> Int {
    try await clearFailed(numbers).cleared
  }
}
