import Events
import PostgresDriver

/// Reads the columns of a row by their place: a class has tens of thousands of values, and finding each
/// by its name would take longer than all the rest.
struct RowReader {
  private let row: PostgresRow

  init(_ row: PostgresRow) { self.row = row }

  /// A `timestamptz` as whole microseconds since 1970, which is quicker to write and to read than a date.
  /// Exact from the year 1700 to 2240; beyond, within some microseconds.
  static func microseconds(_ column: String) -> String {
    "(date_part('epoch', \(column)) * 1000000)::bigint"
  }

  func text(_ position: Int) throws(PostgresError) -> String {
    guard let text = optionalText(position) else { throw Self.missing(position) }
    return text
  }

  func optionalText(_ position: Int) -> String? {
    row.utf8(at: position).map { String(decoding: $0, as: UTF8.self) }
  }

  func integer(_ position: Int) throws(PostgresError) -> Int {
    guard let number = try optionalInteger(position) else { throw Self.missing(position) }
    return number
  }

  func optionalInteger(_ position: Int) throws(PostgresError) -> Int? {
    guard let bytes = row.utf8(at: position) else { return nil }
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = isNegative ? bytes.dropFirst() : bytes
    // 18 digits cannot overflow; no count and no moment has more.
    guard !digits.isEmpty, digits.count <= 18 else { throw Self.unexpected(position, "an integer") }
    var number = 0
    for byte in digits {
      guard (0x30...0x39).contains(byte) else { throw Self.unexpected(position, "an integer") }
      number = number &* 10 &+ Int(byte &- 0x30)
    }
    return isNegative ? -number : number
  }

  func optionalDouble(_ position: Int) throws(PostgresError) -> Double? {
    guard let text = optionalText(position) else { return nil }
    guard let number = Double(text) else { throw Self.unexpected(position, "a number") }
    return number
  }

  func boolean(_ position: Int) throws(PostgresError) -> Bool {
    guard let bytes = row.utf8(at: position) else { throw Self.missing(position) }
    return bytes.first == UInt8(ascii: "t")
  }

  func moment(_ position: Int) throws(PostgresError) -> Timestamp {
    Timestamp(microseconds: Int64(try integer(position)))
  }

  func optionalMoment(_ position: Int) throws(PostgresError) -> Timestamp? {
    try optionalInteger(position).map { Timestamp(microseconds: Int64($0)) }
  }

  func letter(_ position: Int) throws(PostgresError) -> CellLetter {
    guard let byte = row.utf8(at: position)?.first, let letter = CellLetter(rawValue: byte) else {
      throw Self.unexpected(position, "a cell's letter")
    }
    return letter
  }

  private static func missing(_ position: Int) -> PostgresError {
    PostgresError(.invalidResult, "column \(position) is NULL")
  }

  private static func unexpected(_ position: Int, _ type: String) -> PostgresError {
    PostgresError(.invalidResult, "column \(position) is not \(type)")
  }
}
