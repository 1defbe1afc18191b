import CLibPQ

extension PostgresConnection {
  /// Runs one statement and returns its rows. It is prepared on its first use on this connection.
  ///
  /// - Parameter timeout: nil for the configuration's `statementTimeout`. A longer one needs a longer
  ///   `statement_timeout` on the server too.
  @discardableResult
  public func query(
    _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil
  ) throws(PostgresError) -> PostgresResult {
    let encoded = try EncodedParameters(parameters)
    let deadline = ContinuousClock.now + (timeout ?? configuration.statementTimeout)
    do {
      return try runPrepared(sql, encoded, deadline)
    } catch {
      // The statement is gone (DISCARD ALL), or a migration changed what it returns; inside a
      // transaction, which has failed with it, the caller has to start over.
      guard error.sqlState == "26000" || error.sqlState == "0A000", let handle,
        PQtransactionStatus(handle) == PQTRANS_IDLE
      else { throw error }
      statements.forget(StatementCache.Key(sql: sql, types: encoded.types))
      return try runPrepared(sql, encoded, deadline)
    }
  }

  /// Runs one statement and returns the number of rows that it touched.
  @discardableResult
  public func execute(
    _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil
  ) throws(PostgresError) -> Int {
    try query(sql, parameters, timeout: timeout).affectedRows
  }

  /// Runs statements separated by semicolons, unprepared; outside a transaction they are one.
  public func executeScript(_ sql: String, timeout: Duration? = nil) throws(PostgresError) {
    guard !sql.utf8.contains(0) else {
      throw PostgresError(.invalidParameter, "the script holds a NUL character", sqlState: "22021")
    }
    let deadline = ContinuousClock.now + (timeout ?? configuration.statementTimeout)
    _ = try run(deadline) { PQsendQuery($0, sql) }
  }

  private func runPrepared(
    _ sql: String, _ parameters: EncodedParameters, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> PostgresResult {
    guard !sql.utf8.contains(0) else {
      throw PostgresError(
        .invalidParameter, "the statement holds a NUL character", sqlState: "22021")
    }
    let key = StatementCache.Key(sql: sql, types: parameters.types)
    guard let name = try preparedName(key, deadline) else {
      return try run(deadline) { handle in
        parameters.withPointers { values, lengths, formats in
          PQsendQueryParams(
            handle, sql, Int32(parameters.count), parameters.types, values, lengths, formats, 0)
        }
      }
    }
    return try run(deadline) { handle in
      parameters.withPointers { values, lengths, formats in
        PQsendQueryPrepared(handle, name, Int32(parameters.count), values, lengths, formats, 0)
      }
    }
  }

  /// Prepares the statement unless it is; nil when the cache is full.
  private func preparedName(
    _ key: StatementCache.Key, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> String? {
    if let name = statements.name(for: key) { return name }
    guard let name = statements.nextName() else { return nil }
    _ = try run(deadline) { PQsendPrepare($0, name, key.sql, Int32(key.types.count), key.types) }
    statements.store(name, for: key)
    return name
  }
}
