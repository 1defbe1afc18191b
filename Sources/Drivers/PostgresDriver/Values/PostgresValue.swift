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
  /// An array of any of the types that `BinaryArray` knows.
  case array(BinaryArray)

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

/// A JSON text for a parameter of type `json`. Its length travels with it (`json_recv`), so nothing
/// scans it for a NUL or escapes it.
///
/// `json` rather than `jsonb`: a function that takes a batch apart once, with `json_to_recordset`, does
/// so from the text in 60% of the time that building the binary form first would take.
public struct JSONDocument: Sendable, Equatable {
  var text: [UInt8] = []

  /// An empty document; append the text piece by piece.
  ///
  /// - Parameter capacity: the text's expected length in bytes.
  public init(capacity: Int) {
    text.reserveCapacity(capacity)
  }

  public init(_ text: String) {
    self.text = Array(text.utf8)
  }

  public mutating func append(_ byte: UInt8) {
    text.append(byte)
  }

  public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
    text.append(contentsOf: bytes)
  }
}
