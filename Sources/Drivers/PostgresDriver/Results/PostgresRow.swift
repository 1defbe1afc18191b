/// One row of a result.
public struct PostgresRow: Sendable {
  let result: PostgresResult
  let index: Int

  /// The value of `column`.
  ///
  /// - Throws: `invalidResult` when there is no such column, it is NULL, or it is no `Value`.
  public func value<Value: PostgresDecodable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard let value = try optional(column, as: type) else {
      throw PostgresError(.invalidResult, "column \(column) is NULL")
    }
    return value
  }

  /// The value of `column`, nil for NULL.
  ///
  /// - Throws: `invalidResult` when there is no such column or it is no `Value`.
  public func optional<Value: PostgresDecodable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value? {
    guard let bytes = try utf8(column) else { return nil }
    guard let value = Value(postgresText: String(decoding: bytes, as: UTF8.self)) else {
      throw PostgresError(.invalidResult, "column \(column) is not \(Value.postgresTypeName)")
    }
    return value
  }

  /// The bytes of `column`'s text form, nil for NULL; for JSON that goes on as it is.
  public func utf8(_ column: String) throws(PostgresError) -> ArraySlice<UInt8>? {
    guard let position = result.columns.firstIndex(of: column) else {
      throw PostgresError(
        .invalidResult,
        "the result has no column \(column), only \(result.columns.joined(separator: ", "))")
    }
    let cell = result.cells[index * result.columns.count + position]
    return cell.length < 0 ? nil : result.bytes[cell.start..<cell.start + cell.length]
  }

  /// The bytes of the text form of the column at `position`, counted from 0; nil for NULL. For long
  /// results: looking a column up by its name costs more than reading it.
  ///
  /// - Precondition: the result has such a column.
  public func utf8(at position: Int) -> ArraySlice<UInt8>? {
    let cell = result.cells[index * result.columns.count + position]
    return cell.length < 0 ? nil : result.bytes[cell.start..<cell.start + cell.length]
  }
}
