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
    let parts = description.utf8.split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 2, let milliseconds = Self.decimal(parts[0]),
      let sequence = Self.decimal(parts[1])
    else { return nil }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }

  private static func decimal(_ digits: Substring.UTF8View.SubSequence) -> UInt64? {
    guard (1...20).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return UInt64(String(Substring(digits)))
  }

  public var description: String { "\(milliseconds)-\(sequence)" }

  public static func < (left: StreamID, right: StreamID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}
