public import Events
public import Logging
public import PostgresDriver

/// The database as the read API uses it: reads only, with a bounded wait.
public struct ReadDatabase: Sendable {
  let pool: PostgresPool

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - size: the most connections. Cached answers need none, so a few serve many pages.
  ///   - statementTimeout: after which PostgreSQL gives a statement up.
  ///   - waitTimeout: how long an answer waits for a connection.
  public init(
    _ configuration: PostgresConfiguration, size: Int = 4,
    statementTimeout: Duration = .seconds(5), waitTimeout: Duration = .seconds(2), logger: Logger
  ) {
    var configuration = configuration
    configuration.applicationName = "progressbus-dashboard"
    configuration.connectTimeout = .seconds(2)
    configuration.statementTimeout = statementTimeout
    configuration.settings.merge([
      "TimeZone": "UTC", "DateStyle": "ISO",
      "default_transaction_read_only": "on",
      // Statements of one answer see the same moment.
      "default_transaction_isolation": "repeatable read",
      // Compiling takes longer than these statements; a plan made for one course fits no other; and
      // a class's rows are in memory.
      "jit": "off", "plan_cache_mode": "force_custom_plan", "random_page_cost": "1.1",
      "work_mem": "16MB",
    ]) { _, ours in ours }
    pool = PostgresPool(configuration, size: size, waitTimeout: waitTimeout, logger: logger)
  }

  /// For what reads all events of a course: one at a time, and not for long.
  public static func forPlayback(
    _ configuration: PostgresConfiguration, logger: Logger
  ) -> ReadDatabase {
    ReadDatabase(
      configuration, size: 1, statementTimeout: .seconds(10), waitTimeout: .seconds(10),
      logger: logger)
  }

  /// Ends when its statements have.
  public func close() async { await pool.close() }
}

/// Reads the columns of a row by their place: a class has tens of thousands of values, and finding each
/// by its name would take longer than all the rest.
struct RowReader {
  private static let greatestInteger = 999_999_999_999_999_999

  private let row: PostgresRow

  init(_ row: PostgresRow) { self.row = row }

  /// A `timestamptz` as whole microseconds since 1970, which is quicker to write and to read than a date.
  /// Exact from the year 1700 to 2240; beyond, within some microseconds.
  ///
  /// PostgreSQL knows moments that no integer holds, `infinity` and the year 294276, and would refuse the whole
  /// statement for one of them: they come as the ends of what can be written.
  static func microseconds(_ column: String) -> String {
    """
    case when \(column) > '\(Timestamp.writable.upperBound)' then \(Timestamp.writable.upperBound.microseconds)
      when \(column) = '-infinity' then \(Timestamp.writable.lowerBound.microseconds)
      else (date_part('epoch', \(column)) * 1000000)::bigint end
    """
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
    guard !digits.isEmpty else { throw Self.unexpected(position, "an integer") }
    // 18 digits cannot overflow; no count and no moment has more, unless someone wrote it by hand.
    guard digits.count <= 18 else {
      return isNegative ? -Self.greatestInteger : Self.greatestInteger
    }
    var number = 0
    for byte in digits {
      guard (0x30...0x39).contains(byte) else { throw Self.unexpected(position, "an integer") }
      number = number &* 10 &+ Int(byte &- 0x30)
    }
    return isNegative ? -number : number
  }

  /// Nil for what is no finite number, too: a `double precision` may be `NaN`.
  func optionalDouble(_ position: Int) throws(PostgresError) -> Double? {
    guard let text = optionalText(position) else { return nil }
    guard let number = Double(text) else { throw Self.unexpected(position, "a number") }
    return number.isFinite ? number : nil
  }

  func boolean(_ position: Int) throws(PostgresError) -> Bool {
    guard let bytes = row.utf8(at: position) else { throw Self.missing(position) }
    return bytes.first == UInt8(ascii: "t")
  }

  func moment(_ position: Int) throws(PostgresError) -> Timestamp {
    guard let moment = try optionalMoment(position) else { throw Self.missing(position) }
    return moment
  }

  func optionalMoment(_ position: Int) throws(PostgresError) -> Timestamp? {
    try optionalInteger(position).map { Timestamp(clamping: Int64($0)) }
  }

  func cellState(_ position: Int) throws(PostgresError) -> CellState {
    guard let byte = row.utf8(at: position)?.first, let state = CellState(rawValue: byte) else {
      throw Self.unexpected(position, "a cell's state")
    }
    return state
  }

  private static func missing(_ position: Int) -> PostgresError {
    PostgresError(.invalidResult, "column \(position) is NULL")
  }

  private static func unexpected(_ position: Int, _ type: String) -> PostgresError {
    PostgresError(.invalidResult, "column \(position) is not \(type)")
  }
}

extension Timestamp: PostgresDecodable {
  /// Reads what `RowReader.microseconds` tells.
  public init?(postgresText: String) {
    guard let microseconds = Int64(postgresText) else { return nil }
    self.init(clamping: microseconds)
  }

  public static var postgresTypeName: String { "a time in microseconds" }

  /// The nearest moment that can be written: a row with a moment that no answer can tell must not cost the
  /// whole answer.
  fileprivate init(clamping microseconds: Int64) {
    self.init(
      microseconds: min(
        max(microseconds, Self.writable.lowerBound.microseconds),
        Self.writable.upperBound.microseconds))
  }

  /// As PostgreSQL reads it, which calls the year 0 the first before Christ.
  var postgresText: String {
    self < Self.storable.lowerBound ? "0001" + description.dropFirst(4) + " BC" : description
  }
}
