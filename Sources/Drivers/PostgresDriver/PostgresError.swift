import CLibPQ

/// Why a statement or a connection failed.
///
/// `description` is safe to log: it leaves out `detail` and everything else that may quote a row.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// The server answered with an error; `sqlState` is set.
    case server
    /// No connection could be made.
    case connectionFailed
    /// The connection broke off, or was closed; a statement under way may or may not have run.
    case connectionLost
    /// No answer in time; the connection is closed and the statement may or may not have run.
    case timedOut
    /// The task was cancelled; the connection is closed and the statement may or may not have run.
    case cancelled
    /// No connection of the pool came free in time, or the pool is closed.
    case poolExhausted
    /// A parameter that PostgreSQL cannot take; nothing was sent.
    case invalidParameter
    /// A value in the result is not what the caller asked for.
    case invalidResult
  }

  public var kind: Kind
  /// The server's five-character code
  /// (https://www.postgresql.org/docs/15/errcodes-appendix.html).
  public var sqlState: String?
  /// `ERROR`, `FATAL` or `PANIC`, not translated.
  public var severity: String?
  /// The primary message. For SQLSTATE class 22 it can quote a value: log `publicMessage` instead.
  public var message: String
  /// The server's DETAIL. **Can hold a whole row, so personal data: never log it.**
  public var detail: String?
  public var schema: String?
  public var table: String?
  public var column: String?
  public var dataType: String?
  public var constraint: String?
  /// Where in the statement the error is, in characters from 1.
  public var position: Int?

  public init(_ kind: Kind, _ message: String, sqlState: String? = nil) {
    self.kind = kind
    self.message = message
    self.sqlState = sqlState
  }

  /// The primary message with what it may quote from the data taken out.
  public var publicMessage: String {
    guard sqlState?.hasPrefix("22") == true || sqlState?.hasPrefix("P0") == true else {
      return message
    }
    var parts = message.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
    for index in parts.indices where !index.isMultiple(of: 2) { parts[index] = "…" }
    return parts.joined(separator: "\"")
  }

  public var description: String {
    var text = sqlState.map { "PostgreSQL \($0): \(publicMessage)" } ?? "PostgreSQL: \(message)"
    for (label, name) in [("table", table), ("column", column), ("constraint", constraint)] {
      if let name { text += ", \(label) \(name)" }
    }
    return text
  }
}

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
