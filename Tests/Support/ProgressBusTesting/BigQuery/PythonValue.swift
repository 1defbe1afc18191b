/// A value that Google's client gave.
public enum PythonValue: Decodable, Equatable, Sendable, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Timestamps as `timestamp:…`, floats as `float:…`.
  case text(String)
  case array([PythonValue])
  case object([String: PythonValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([PythonValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: PythonValue].self))
    }
  }

  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: PythonValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, PythonValue)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
}
