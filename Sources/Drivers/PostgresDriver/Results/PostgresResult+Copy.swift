import CLibPQ

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
