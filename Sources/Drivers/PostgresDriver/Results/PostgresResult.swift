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
