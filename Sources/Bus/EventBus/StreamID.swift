/// A place in the journal: a Redis stream id, `<milliseconds>-<sequence>`.
public struct StreamID: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// Milliseconds since 1970 by the bus's clock.
  public let milliseconds: UInt64
  /// Tells apart the entries of one millisecond.
  public let sequence: UInt64

  public static let zero = StreamID(milliseconds: 0, sequence: 0)

  public init(milliseconds: UInt64, sequence: UInt64) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// Takes the full form only: both numbers in decimal digits, joined by a hyphen.
  public init?(_ description: String) {
    self.init(decimalDigits: description.utf8)
  }

  /// The same from ASCII bytes, without making a string of them.
  public init?(decimalDigits bytes: some Sequence<UInt8>) {
    var milliseconds: UInt64 = 0
    var number: UInt64 = 0
    var digits = 0
    var hyphens = 0
    for byte in bytes {
      if byte == UInt8(ascii: "-") {
        guard digits > 0, hyphens == 0 else { return nil }
        (milliseconds, number, digits, hyphens) = (number, 0, 0, 1)
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, larger) = tens.addingReportingOverflow(UInt64(digit))
      // 20 digits are enough for every 64-bit number.
      guard digit < 10, digits < 20, !tooLarge, !larger else { return nil }
      number = sum
      digits += 1
    }
    guard hyphens == 1, digits > 0 else { return nil }
    self.init(milliseconds: milliseconds, sequence: number)
  }

  public var description: String { "\(milliseconds)-\(sequence)" }

  public static func < (left: StreamID, right: StreamID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}
