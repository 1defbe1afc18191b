/// The identity of an event: a UUID (RFC 9562), written in lower case.
public struct EventID: Sendable, Hashable, CustomStringConvertible {
  /// The 128 bits, the most significant half first.
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The length of the text form in bytes.
  public static let textLength = 36

  /// Parses the text form, `8-4-4-4-12` hexadecimal digits in either case.
  public init?(_ text: some Collection<UInt8>) {
    guard
      let id = text.withContiguousStorageIfAvailable({ Self(UnsafeRawBufferPointer($0)) })
        ?? Array(text).withUnsafeBytes({ Self($0) })
    else { return nil }
    self = id
  }

  /// The same for bytes in memory, without what generic code costs in another module.
  public init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == Self.textLength else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for index in 0..<Self.textLength {
      let byte = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = hexadecimalValue(byte) else { return nil }
      if digits < 16 {
        halves.0 = halves.0 << 4 | UInt64(digit)
      } else {
        halves.1 = halves.1 << 4 | UInt64(digit)
      }
      digits += 1
    }
    self.init(high: halves.0, low: halves.1)
  }

  public init?(_ text: String) {
    self.init(text.utf8)
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textLength) { buffer in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      return Self.textLength
    }
  }

  /// Writes the text form into the first `textLength` bytes of `buffer`.
  func write(to buffer: UnsafeMutableRawBufferPointer) {
    var offset = 0
    for nibble in 0..<32 {
      if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
        buffer[offset] = UInt8(ascii: "-")
        offset += 1
      }
      let half = nibble < 16 ? high : low
      let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - (nibble & 15) * 4)) & 15
      buffer[offset] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      offset += 1
    }
  }
}
