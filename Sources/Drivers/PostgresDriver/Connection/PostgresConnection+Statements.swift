import CLibPQ

extension PostgresConnection {
  /// Runs one statement and returns its rows. It is prepared on its first use on this connection, unless that
  /// is pooled: then it is a transaction with the connection's settings, if none is open.
  ///
  /// - Parameter timeout: nil for the configuration's `statementTimeout`. A longer one needs a longer
  ///   `statement_timeout` on the server too.
  @discardableResult
  public func query(
    _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil
  ) throws(PostgresError) -> PostgresResult {
    let encoded = try EncodedParameters(parameters)
    let deadline = ContinuousClock.now + (timeout ?? configuration.statementTimeout)
    if configuration.pooling == .transaction {
      guard isOutsideTransaction else { return try runUnprepared(sql, encoded, deadline) }
      return try transaction { connection throws(PostgresError) in
        try connection.runUnprepared(sql, encoded, deadline)
      }
    }
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

  private func runUnprepared(
    _ sql: String, _ parameters: EncodedParameters, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> PostgresResult {
    try Self.checkText(sql)
    return try run(deadline) { handle in
      parameters.withPointers { values, lengths, formats in
        PQsendQueryParams(
          handle, sql, Int32(parameters.count), parameters.types, values, lengths, formats, 0)
      }
    }
  }

  private static func checkText(_ sql: String) throws(PostgresError) {
    guard !sql.utf8.contains(0) else {
      throw PostgresError(
        .invalidParameter, "the statement holds a NUL character", sqlState: "22021")
    }
  }

  private func runPrepared(
    _ sql: String, _ parameters: EncodedParameters, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> PostgresResult {
    try Self.checkText(sql)
    let key = StatementCache.Key(sql: sql, types: parameters.types)
    guard let name = try preparedName(key, deadline) else {
      return try runUnprepared(sql, parameters, deadline)
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

extension PostgresConnection {
  /// Sends rows to a table and returns how many it took.
  ///
  /// - Parameters:
  ///   - table: and its columns in parentheses, as SQL.
  ///   - timeout: nil for the configuration's `statementTimeout`.
  /// - Throws: as `query` does; when a row is refused, none is taken.
  @discardableResult
  public func copy(
    _ rows: BinaryRows, to table: String, timeout: Duration? = nil
  ) throws(PostgresError) -> Int {
    let statement = "copy \(table) from stdin (format binary)"
    return try run(
      ContinuousClock.now + (timeout ?? configuration.statementTimeout), copying: rows.bytes
    ) { PQsendQuery($0, statement) }.affectedRows
  }
}

/// The statements prepared on one connection, by their text and declared types.
struct StatementCache {
  struct Key: Hashable {
    let sql: String
    let types: [UInt32]
  }

  /// Statements made up on the fly must not fill the server's memory; what comes after is sent
  /// unprepared.
  static let limit = 256

  private var names: [Key: String] = [:]
  private var prepared = 0

  func name(for key: Key) -> String? { names[key] }

  /// A fresh name, or nil when the cache is full.
  mutating func nextName() -> String? {
    guard names.count < Self.limit else { return nil }
    prepared += 1
    return "progressbus_\(prepared)"
  }

  mutating func store(_ name: String, for key: Key) {
    names[key] = name
  }

  mutating func forget(_ key: Key) {
    names[key] = nil
  }
}
