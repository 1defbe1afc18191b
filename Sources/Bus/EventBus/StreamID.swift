/// A place in the journal: a Redis stream id, `<milliseconds>-<sequence>`. Where the journal has several partitions,
/// the number of one stands in front: `<partition>:<milliseconds>-<sequence>`.
///
/// Entries of one partition stand in this order. Those of two are compared by their moments, which says nothing of
/// who reads which first.
public struct StreamID: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// Milliseconds since 1970 by the bus's clock.
  public let milliseconds: UInt64
  /// Tells apart the entries of one millisecond.
  public let sequence: UInt64
  /// From 1; 0 where the journal is one stream, and for ids of other streams.
  public let partition: UInt16

  public static let zero = StreamID(milliseconds: 0, sequence: 0)

  public init(milliseconds: UInt64, sequence: UInt64, partition: UInt16 = 0) {
    self.milliseconds = milliseconds
    self.sequence = sequence
    self.partition = partition
  }

  /// The same place in the stream of another partition.
  public func inPartition(_ partition: UInt16) -> StreamID {
    StreamID(milliseconds: milliseconds, sequence: sequence, partition: partition)
  }

  /// Whether it stands before every entry.
  public var isZero: Bool { milliseconds == 0 && sequence == 0 }

  /// Takes the full form only: both numbers in decimal digits, joined by a hyphen, and a partition with a colon.
  public init?(_ description: String) {
    self.init(decimalDigits: description.utf8)
  }

  /// The same from ASCII bytes, without making a string of them.
  public init?(decimalDigits bytes: some Sequence<UInt8>) {
    var milliseconds: UInt64 = 0
    var number: UInt64 = 0
    var digits = 0
    var hyphens = 0
    var partition: UInt16 = 0
    for byte in bytes {
      if byte == UInt8(ascii: "-") {
        guard digits > 0, hyphens == 0 else { return nil }
        (milliseconds, number, digits, hyphens) = (number, 0, 0, 1)
        continue
      }
      if byte == UInt8(ascii: ":") {
        guard partition == 0, hyphens == 0, digits > 0, let told = UInt16(exactly: number), told > 0
        else { return nil }
        (partition, number, digits) = (told, 0, 0)
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
    self.init(milliseconds: milliseconds, sequence: number, partition: partition)
  }

  public var description: String { partition == 0 ? entryID : "\(partition):\(entryID)" }

  /// The id of the entry in its stream, as Redis has it.
  public var entryID: String { "\(milliseconds)-\(sequence)" }

  public static func < (left: StreamID, right: StreamID) -> Bool {
    (left.milliseconds, left.sequence, left.partition)
      < (right.milliseconds, right.sequence, right.partition)
  }
}
