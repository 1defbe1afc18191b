/// A parameter of a statement.
public enum PostgresValue: Sendable, Equatable {
  case null
  /// Text, or any other type in its text form: the server infers the type from the statement.
  case text(String)
  case integer(Int64)
  case double(Double)
  case boolean(Bool)
  /// `bytea`.
  case bytes([UInt8])
  /// `json`, handed to libpq without another copy; cast it in the statement for `jsonb`.
  case json(JSONDocument)
  /// `text[]`.
  case textArray([String])

  public static func text(_ string: String?) -> PostgresValue {
    string.map { .text($0) } ?? .null
  }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(nilLiteral: ()) { self = .null }
}
