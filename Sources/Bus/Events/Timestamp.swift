#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A moment, in whole microseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The canonical form, `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
  public var description: String {
    String(unsafeUninitializedCapacity: Self.canonicalLength) { buffer in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      return Self.canonicalLength
    }
  }

  /// The length of the canonical form in bytes.
  public static let canonicalLength = 27

  /// Writes the canonical form into the first `canonicalLength` bytes of `buffer`.
  ///
  /// - Precondition: the year is between 0 and 9999, as it is for every parsed timestamp.
  public func write(to buffer: UnsafeMutableRawBufferPointer) {
    precondition(buffer.count >= Self.canonicalLength)
    let (days, ofDay) = microseconds.flooredDivision(by: 86_400_000_000)
    let (year, month, day) = Self.civilDate(daysSince1970: days)
    let seconds = Int32(truncatingIfNeeded: ofDay / 1_000_000)
    let fraction = Int32(truncatingIfNeeded: ofDay % 1_000_000)
    func put(_ value: some BinaryInteger, at offset: Int) {
      let value = UInt16(truncatingIfNeeded: value)
      // Two digits, the first one in the lower byte.
      buffer.storeBytes(
        of: (0x3030 + value / 10 + (value % 10) << 8).littleEndian, toByteOffset: offset,
        as: UInt16.self)
    }
    put(year / 100, at: 0)
    put(year % 100, at: 2)
    buffer[4] = UInt8(ascii: "-")
    put(month, at: 5)
    buffer[7] = UInt8(ascii: "-")
    put(day, at: 8)
    buffer[10] = UInt8(ascii: "T")
    put(seconds / 3600, at: 11)
    buffer[13] = UInt8(ascii: ":")
    put(seconds / 60 % 60, at: 14)
    buffer[16] = UInt8(ascii: ":")
    put(seconds % 60, at: 17)
    buffer[19] = UInt8(ascii: ".")
    put(fraction / 10_000, at: 20)
    put(fraction / 100 % 100, at: 22)
    put(fraction % 100, at: 24)
    buffer[26] = UInt8(ascii: "Z")
  }

  /// Parses an RFC 3339 date and time. Digits beyond the microsecond are cut off; a leap second
  /// counts as the second that follows it.
  public init?(rfc3339 text: some Collection<UInt8>) {
    let value = text.withContiguousStorageIfAvailable { Self.parse($0) }
    guard let parsed = value ?? Array(text).withUnsafeBufferPointer({ Self.parse($0) }),
      Self.writable.contains(parsed)
    else { return nil }
    self = parsed
  }

  /// The same for bytes in memory, without what generic code costs in another module.
  public init?(rfc3339 text: UnsafeRawBufferPointer) {
    guard let parsed = Self.anyMoment(rfc3339: text), Self.writable.contains(parsed) else {
      return nil
    }
    self = parsed
  }

  /// Any moment that RFC 3339 can tell. An offset can carry the first and the last day out of the years
  /// that four digits can tell: such a moment must not be written.
  static func anyMoment(rfc3339 text: UnsafeRawBufferPointer) -> Timestamp? {
    text.withMemoryRebound(to: UInt8.self, parse)
  }

  /// Parses the form of an HTTP date that senders have to write, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
  /// Nobody looks at the day's name.
  public init?(httpDate text: String) {
    var text = text
    guard let parsed = text.withUTF8({ Self.parseHTTPDate($0) }), Self.writable.contains(parsed)
    else { return nil }
    self = parsed
  }

  /// The form that senders have to write, to the second: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
  ///
  /// - Precondition: the moment is `writable`.
  public var httpDate: String {
    let days = microseconds.flooredDivision(by: 86_400_000_000).0
    // 1970-01-01 was a Thursday.
    let weekday = Int((days + 4).flooredDivision(by: 7).1)
    let (year, month, day) = Self.civilDate(daysSince1970: days)
    func name(_ number: Int, of names: [UInt8]) -> Substring {
      Substring(decoding: names[number * 3..<number * 3 + 3], as: UTF8.self)
    }
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: count - text.count) + text
    }
    let time = description.dropFirst(11).prefix(8)
    return "\(name(weekday, of: Self.weekdays)), \(digits(day, 2)) "
      + "\(name(Int(month) - 1, of: Self.months)) \(digits(year, 4)) \(time) GMT"
  }

  private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)
  private static let weekdays = Array("SunMonTueWedThuFriSat".utf8)

  private static func parseHTTPDate(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
    guard bytes.count == 29, bytes[3] == UInt8(ascii: ",") else { return nil }
    let name = bytes[8..<11]
    guard
      let month = (0..<12).first(where: { months[$0 * 3..<$0 * 3 + 3].elementsEqual(name) })
    else { return nil }
    var front = DigitReader(bytes: UnsafeBufferPointer(rebasing: bytes[4..<8]))
    var back = DigitReader(bytes: UnsafeBufferPointer(rebasing: bytes[11...]))
    guard front.skip(" "), let day = front.number(digits: 2), front.skip(" "), back.skip(" "),
      let year = back.number(digits: 4), back.skip(" "),
      (1...daysInMonth(Int64(month + 1), year: year)).contains(day),
      let hour = back.number(digits: 2), hour < 24, back.skip(":"),
      let minute = back.number(digits: 2), minute < 60, back.skip(":"),
      let second = back.number(digits: 2), second <= 60, back.skip(" "), back.skip("G"),
      back.skip("M"), back.skip("T")
    else { return nil }
    let days = daysSince1970(year: year, month: Int64(month + 1), day: day)
    return Timestamp(
      microseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000)
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
    var reader = DigitReader(bytes: bytes)
    guard let year = reader.number(digits: 4), reader.skip("-"),
      let month = reader.number(digits: 2), (1...12).contains(month), reader.skip("-"),
      let day = reader.number(digits: 2),
      (1...daysInMonth(month, year: year)).contains(day),
      reader.skip("T") || reader.skip("t") || reader.skip(" "),
      let hour = reader.number(digits: 2), hour < 24, reader.skip(":"),
      let minute = reader.number(digits: 2), minute < 60, reader.skip(":"),
      let second = reader.number(digits: 2), second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if reader.skip(".") {
      guard let value = reader.microseconds() else { return nil }
      fraction = value
    }
    guard let offset = reader.offsetInMinutes(), reader.isAtEnd else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
    return Timestamp(microseconds: seconds * 1_000_000 + fraction)
  }

  /// What the canonical form can tell: 0000-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z.
  public static let writable =
    Timestamp(
      microseconds: -62_167_219_200_000_000)...Timestamp(
      microseconds: 253_402_300_799_999_999)
  /// What PostgreSQL (as text) and BigQuery can hold: the years 1 to 9999 in UTC. Neither knows a year 0.
  public static let storable =
    Timestamp(microseconds: -62_135_596_800_000_000)...writable.upperBound
  /// What can be the time of a point. InfluxDB counts nanoseconds in 64 bits and keeps the values at the ends for
  /// itself: 1677-09-21T00:12:43.145224194Z to 2262-04-11T23:47:16.854775806Z. The last millisecond is left
  /// to what the sink adds to tell points of one moment apart.
  public static let pointTimes =
    Timestamp(
      microseconds: -9_223_372_036_854_775)...Timestamp(
      microseconds: 9_223_372_036_853_775)
}

// Gregorian dates, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
extension Timestamp {
  private static func civilDate(daysSince1970 days: Int64) -> (Int64, Int64, Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension Timestamp {
  /// The moment by the system's clock.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}

/// Reads the parts of an RFC 3339 timestamp from left to right.
struct DigitReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  /// Exactly this many digits.
  mutating func number(digits: Int) -> Int64? {
    guard position + digits <= bytes.count else { return nil }
    var value: Int64 = 0
    for index in position..<position + digits {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    position += digits
    return value
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// A fraction of a second, one digit or more; what lies beyond the microsecond is cut off.
  mutating func microseconds() -> Int64? {
    var value: Int64 = 0
    var digits = 0
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 {
      if digits < 6 { value = value * 10 + Int64(bytes[position] - UInt8(ascii: "0")) }
      digits += 1
      position += 1
    }
    guard digits > 0 else { return nil }
    for _ in 0..<max(0, 6 - digits) { value *= 10 }
    return value
  }

  /// `Z` or `±HH:MM`.
  mutating func offsetInMinutes() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), hours < 24, skip(":"),
      let minutes = number(digits: 2), minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
