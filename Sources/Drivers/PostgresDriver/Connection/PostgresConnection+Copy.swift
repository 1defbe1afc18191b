import CLibPQ

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
