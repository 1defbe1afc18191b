/// A type that a column's text form can be read as.
public protocol PostgresDecodable {
  /// Nil when the text is not of this type.
  init?(postgresText: String)
  /// The name in error messages.
  static var postgresTypeName: String { get }
}

extension String: PostgresDecodable {
  public init?(postgresText: String) { self = postgresText }
  public static var postgresTypeName: String { "text" }
}

extension Int: PostgresDecodable {
  public init?(postgresText: String) { self.init(postgresText) }
  public static var postgresTypeName: String { "an integer" }
}

extension Int64: PostgresDecodable {
  public init?(postgresText: String) { self.init(postgresText) }
  public static var postgresTypeName: String { "an integer" }
}

extension Int32: PostgresDecodable {
  public init?(postgresText: String) { self.init(postgresText) }
  public static var postgresTypeName: String { "a 32-bit integer" }
}

extension Double: PostgresDecodable {
  public init?(postgresText: String) { self.init(postgresText) }
  public static var postgresTypeName: String { "a number" }
}

extension Bool: PostgresDecodable {
  public init?(postgresText: String) {
    switch postgresText {
    case "t": self = true
    case "f": self = false
    default: return nil
    }
  }
  public static var postgresTypeName: String { "a boolean" }
}

extension [UInt8]: PostgresDecodable {
  /// Reads `bytea` in its hex form, `\x…`, the server's default.
  public init?(postgresText: String) {
    let digits = postgresText.utf8
    guard postgresText.hasPrefix("\\x"), digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2 - 1)
    var high: UInt8?
    for digit in digits.dropFirst(2) {
      guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    self = bytes
  }
  public static var postgresTypeName: String { "bytea" }
}
