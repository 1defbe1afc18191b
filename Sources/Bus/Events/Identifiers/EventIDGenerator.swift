/// Makes UUIDv7 identifiers (RFC 9562, section 5.7) that grow with time, so that an index on them
/// grows at its end.
public struct EventIDGenerator: Sendable {
  private var random = RandomWords()

  public init() {}

  /// - Parameter moment: whose millisecond goes into the identifier.
  public mutating func next(at moment: Timestamp) -> EventID {
    let milliseconds = UInt64(clamping: moment.microseconds / 1000) & 0xFFFF_FFFF_FFFF
    // The 12 bits behind the version hold the part of the millisecond (method 3 of section 6.2), so
    // that identifiers made by one server sort by time within a millisecond as well.
    let fraction = UInt64(clamping: moment.microseconds % 1000) * 4096 / 1000
    let high = milliseconds << 16 | 0x7000 | fraction
    let low = 0x8000_0000_0000_0000 | random.next() >> 2
    return EventID(high: high, low: low)
  }
}
