import CLibPQ

/// The rows of a statement, copied out of libpq. Values are in PostgreSQL's text form.
public struct PostgresResult: Sendable {
  public let columns: [String]
  public let rowCount: Int
  /// Rows that the statement inserted, updated, deleted or returned.
  public let affectedRows: Int
  /// Every value, one behind the other, and where each ends; one allocation for all rather than one a
  /// value.
  let bytes: [UInt8]
  let cells: [Cell]

  struct Cell: Sendable {
    let start: Int
    /// -1 for NULL.
    let length: Int
  }

  /// The rows, in order.
  public var rows: [PostgresRow] {
    (0..<rowCount).map { PostgresRow(result: self, index: $0) }
  }

  public var first: PostgresRow? {
    rowCount > 0 ? PostgresRow(result: self, index: 0) : nil
  }
}

extension PostgresResult {
  /// Copies a result that libpq owns.
  init(copying result: OpaquePointer) {
    let columnCount = Int(PQnfields(result))
    rowCount = Int(PQntuples(result))
    affectedRows = Int(String(cString: PQcmdTuples(result))) ?? 0
    columns = (0..<columnCount).map { String(cString: PQfname(result, Int32($0))) }
    var bytes: [UInt8] = []
    var cells: [Cell] = []
    cells.reserveCapacity(rowCount * columnCount)
    for row in 0..<Int32(rowCount) {
      for column in 0..<Int32(columnCount) {
        guard PQgetisnull(result, row, column) == 0 else {
          cells.append(Cell(start: bytes.count, length: -1))
          continue
        }
        let length = Int(PQgetlength(result, row, column))
        cells.append(Cell(start: bytes.count, length: length))
        bytes.append(
          contentsOf: UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: length))
      }
    }
    self.bytes = bytes
    self.cells = cells
  }
}

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
