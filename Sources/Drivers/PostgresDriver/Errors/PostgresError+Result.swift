import CLibPQ

extension PostgresError {
  /// Reads the error fields of a failed result.
  init(result: OpaquePointer) {
    func field<Code: BinaryInteger>(_ code: Code) -> String? {
      PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }
    let message =
      field(progressbus_diag_message)
      ?? String(cString: PQresultErrorMessage(result)).firstLine
    guard let sqlState = field(progressbus_diag_sqlstate) else {
      // libpq made the result itself: the connection broke.
      self.init(.connectionLost, message)
      return
    }
    self.init(.server, message, sqlState: sqlState)
    severity = field(progressbus_diag_severity)
    detail = field(progressbus_diag_detail)
    schema = field(progressbus_diag_schema)
    table = field(progressbus_diag_table)
    column = field(progressbus_diag_column)
    dataType = field(progressbus_diag_datatype)
    constraint = field(progressbus_diag_constraint)
    position = field(progressbus_diag_position).flatMap { Int($0) }
  }

  /// What libpq last said about a connection.
  init(_ kind: Kind, connection: OpaquePointer) {
    let message = String(cString: PQerrorMessage(connection)).firstLine
    self.init(kind, message.isEmpty ? "the connection broke off" : message)
  }
}

extension String {
  fileprivate var firstLine: String {
    split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
}
